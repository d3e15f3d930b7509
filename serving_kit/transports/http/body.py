"""Read a request's body within a limit, and wait for an answer as long as somebody wants it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from serving_kit.codecs.compression import Inflater, too_large
from serving_kit.errors import BadInput

Answer = TypeVar("Answer")
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


async def while_connected(request: Request, work: Coroutine[Any, Any, Answer]) -> Answer:
    """Await `work`, cancelling it when the client goes away: nobody is left to answer."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnection(request))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait((task,))
        raise ClientDisconnect
    finally:
        task.cancel()
        gone.cancel()


async def _disconnection(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _inflater(encoding: str, limit_bytes: int) -> Inflater | None:
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BadInput(f"content-encoding {encoding[:40]!r} is not read here; use gzip, deflate or none")
    return Inflater(limit_bytes)
