"""The API key that a request offers in its headers, over HTTP and gRPC alike."""

from collections.abc import Mapping

from serving_kit.errors import Unauthenticated

KEY_HEADER = "x-api-key"
_SCHEME = "bearer"


def offered_key(headers: Mapping[str, str]) -> str | None:
    """Return the key of `Authorization: Bearer KEY`, else of `X-API-Key: KEY`; names of headers are in lower case."""
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != _SCHEME:  # other credentials are a proxy's
        key = headers.get(KEY_HEADER, "")
    return key.strip() or None


def no_key() -> Unauthenticated:
    """Return the error for a request without a key that this server knows."""
    return Unauthenticated(
        "the request carries no API key that this server knows; send one as `Authorization: Bearer KEY` or as "
        "`X-API-Key: KEY`"
    )
