"""HTTP answers turned back into the errors the server raised."""

import httpx
import orjson

from serving_kit.errors import Kind, ServingKitError, of_kind

_KINDS = {
    401: Kind.UNAUTHENTICATED,
    404: Kind.NOT_FOUND,
    408: Kind.DEADLINE,
    413: Kind.TOO_LARGE,
    429: Kind.OVERLOADED,
    502: Kind.UNAVAILABLE,
    503: Kind.UNAVAILABLE,
    504: Kind.DEADLINE,
}
_LONGEST_TEXT = 500


def error_of(response: httpx.Response) -> ServingKitError:
    """Return the error that a read answer of status 300 or more stands for, with the server's own sentence."""
    default = Kind.BAD_INPUT if response.is_client_error else Kind.INTERNAL
    return of_kind(_KINDS.get(response.status_code, default), sentence(response))


def sentence(response: httpx.Response) -> str:
    """Return what the server said: the `error` of a JSON body, a plain text, or the bare status of anything else."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    said = body.get("error") if isinstance(body, dict) else None
    if said is None and response.headers.get("content-type", "").startswith("text/plain"):
        said = response.text.strip()[:_LONGEST_TEXT]
    return str(said or f"{response.url} answered {response.status_code} {response.reason_phrase} without a reason")
