"""Read a request's body within a limit, and wait for an answer as long as somebody wants it."""

import asyncio
import zlib
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from serving_kit.errors import BadInput, TooLarge

Answer = TypeVar("Answer")

_ANY_HEADER = zlib.MAX_WBITS | 32  # zlib reads gzip's and its own header


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """Return the body, decompressed; nothing over `limit_bytes` is kept, whether announced, streamed or unpacked.

    Raises TooLarge, BadInput for a content-encoding that is unknown or a body that is not what it says.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit_bytes:
        raise _too_large(limit_bytes)
    unpack = _unpacker(request.headers.get("content-encoding", "").strip().lower())
    parts: list[bytes] = []
    left_bytes = limit_bytes
    async for part in request.stream():
        parts.append(_unpacked(unpack, part, left_bytes + 1) if unpack else part)
        left_bytes -= len(parts[-1])
        if left_bytes < 0:
            raise _too_large(limit_bytes)
    if unpack and not unpack.eof:
        raise BadInput("the compressed body ends too early; send all of it")
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


def _unpacker(encoding: str) -> "zlib._Decompress | None":
    if encoding in ("", "identity"):
        return None
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BadInput(f"content-encoding {encoding[:40]!r} is not read here; use gzip, deflate or none")
    return zlib.decompressobj(_ANY_HEADER)


def _unpacked(unpack: "zlib._Decompress", part: bytes, limit_bytes: int) -> bytes:
    try:
        unpacked = unpack.decompress(part, limit_bytes)
    except zlib.error:
        raise BadInput("the body is not compressed as its content-encoding says") from None
    if unpack.unused_data:
        raise BadInput("the body goes on after the end of its compressed data")
    return unpacked


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(f"the body is larger than this server's limit of {limit_bytes} bytes; send less or raise the limit")
