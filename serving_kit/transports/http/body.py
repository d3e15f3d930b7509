"""Read a request's body within a limit."""

from fastapi import Request

from serving_kit.codecs.compression import Inflater, too_large
from serving_kit.errors import BadInput

COMPRESS_FROM_BYTES = 512  # bRPC's flag http_body_compress_threshold


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Return the body, decompressed; nothing over `limit_bytes` is kept, whether announced, streamed or unpacked.

    Raises TooLarge, BadInput for a content-encoding that is unknown or a body that is not what it says.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit_bytes:
        raise too_large(limit_bytes)
    inflater = _inflater(request.headers.get("content-encoding", "").strip().lower(), limit_bytes)
    parts: list[bytes] = []
    left_bytes = limit_bytes
    async for part in request.stream():
        parts.append(inflater.feed(part) if inflater else part)
        left_bytes -= len(parts[-1])
        if left_bytes < 0:
            raise too_large(limit_bytes)
    if inflater:
        inflater.end()
    return b"".join(parts)


def _inflater(encoding: str, limit_bytes: int) -> Inflater | None:
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BadInput(f"content-encoding {encoding[:40]!r} is not read here; use gzip, deflate or none")
    return Inflater(limit_bytes)
