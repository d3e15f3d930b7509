"""Kinds of errors as HTTP statuses and bRPC codes, and the one place where a handler's error becomes an answer."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import orjson
from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from serving_kit.codecs import brpc_code
from serving_kit.errors import Kind, ServingKitError, unforeseen
from serving_kit.transports.http.answer import Answer

log = logging.getLogger(__name__)

HTTP_STATUS = {
    Kind.BAD_INPUT: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.NOT_FOUND: 404,
    Kind.TOO_LARGE: 413,
    Kind.OVERLOADED: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
    Kind.DEADLINE: 504,
}
CLIENT_CLOSED_REQUEST = 499  # nobody reads it; the name is nginx's

RETRY_AFTER_S = 1  # what an overloaded server says: a queue that is full now is half empty in less
_HINTS = {
    Kind.OVERLOADED: (("retry-after", str(RETRY_AFTER_S)),),
    Kind.UNAUTHENTICATED: (("www-authenticate", "Bearer"),),
}

Handler = Callable[[Request], Awaitable[Response]]
Server: TypeAlias = tuple[str, int | None] | None
"""The address of the server that a client chose."""


def answering(handler: Handler) -> Handler:
    """Return the handler with every error it raises told as JSON; what nobody foresaw is logged and Internal."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ServingKitError as error:
            return closing_unread(request, render_json(error).response())
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        except Exception as error:
            log.exception("%s %s failed", request.method, request.url.path)
            return render_json(unforeseen(error)).response()

    return answer


def render_json(error: ServingKitError) -> Answer:
    """Answer `{"error": text}`, as the Open Inference Protocol says."""
    body = orjson.dumps({"error": str(error)})
    return Answer(body, HTTP_STATUS[error.kind], hint(error), "application/json")


def render_brpc(server: Server, error: ServingKitError) -> Answer:
    """Answer as bRPC does: plain text after `[ip:port][Ecode]`, and the code in `x-bd-error-code`."""
    code = brpc_code.code_of(error.kind)
    host, port = server or ("", 0)
    failed = "InferService inference failed! " if error.kind is Kind.INTERNAL else ""
    text = f"[{host}:{port}][E{code}]{failed}{error}"
    headers = {"x-bd-error-code": str(code), **hint(error)}
    return Answer(text.encode("utf-8", "replace"), status_of(error), headers, "text/plain")


def render(path: str, server: Server, error: ServingKitError) -> Answer:
    """Answer in the words of the protocol that a path belongs to."""
    return render_json(error) if path.startswith("/v2") else render_brpc(server, error)


Tell: TypeAlias = Callable[[str, Server, ServingKitError], Answer]
"""Puts an error into the words of the protocol that a path belongs to; see `render`."""


def hint(error: ServingKitError) -> dict[str, str]:
    """Return the header that tells a client what to do: when to come again, or how to say who it is."""
    return dict(_HINTS.get(error.kind, ()))


def status_of(error: ServingKitError) -> int:
    """Return the status of GeneralModelService's own interface, which has 503 where others say 429."""
    return 503 if error.kind is Kind.OVERLOADED else HTTP_STATUS[error.kind]


def closing_unread(request: Request, response: Response) -> Response:
    """Close the connection where a client was refused before it sent the body it asked leave to send."""
    if "expect" in request.headers:
        response.headers["connection"] = "close"
    return response
