"""bRPC's compressions, and HTTP's content-encodings, unpacked within a limit: a small body may unpack to a huge one.

Numbers are those of bRPC's options.proto. Its snappy is the raw block format; it reserves a number for lz4 and never
wrote the format down: here it is lz4's frame format.
"""

import gzip
import zlib
from enum import IntEnum
from typing import Any

from serving_kit.errors import BadInput, TooLarge, Unsupported

_ANY_HEADER = zlib.MAX_WBITS | 32  # zlib reads gzip's and its own header
_LEVEL = 1  # tensors hardly compress further at higher ones, and this is several times as fast


class Compression(IntEnum):
    """How a payload is packed, by the number in a frame's `compress_type`."""

    NONE = 0
    SNAPPY = 1
    GZIP = 2
    ZLIB = 3
    LZ4 = 4

    @classmethod
    def of(cls, number: int) -> "Compression":
        """Return the compression of a number; BadInput lists those there are."""
        try:
            return cls(number)
        except ValueError:
            known = ", ".join(f"{kind:d} {kind.name.lower()}" for kind in cls)
            raise BadInput(f"compress_type {number} is unknown; use one of {known}") from None


class Inflater:
    """Unpacks gzip or zlib data part by part, never to more than `limit_bytes` in all."""

    def __init__(self, limit_bytes: int) -> None:
        self._stream = zlib.decompressobj(_ANY_HEADER)
        self._limit_bytes = limit_bytes
        self._left_bytes = limit_bytes

    def feed(self, part: bytes) -> bytes:
        """Return what a part unpacks to; BadInput for data that is not packed so, TooLarge beyond the limit."""
        try:
            unpacked = self._stream.decompress(part, self._left_bytes + 1)
        except zlib.error:
            raise BadInput("the body is not compressed as it says; send it plain or compress it again") from None
        if self._stream.unused_data:
            raise BadInput("the body goes on after the end of its compressed data; send one compressed stream")
        self._left_bytes -= len(unpacked)
        if self._left_bytes < 0:
            raise too_large(self._limit_bytes)
        return unpacked

    def end(self) -> None:
        """Say that all parts came; BadInput where the data goes on."""
        if not self._stream.eof:
            raise BadInput("the compressed body ends too early; send all of it")


def too_large(limit_bytes: int) -> TooLarge:
    """Return the error for a body over its limit."""
    return TooLarge(f"the body is larger than this server's limit of {limit_bytes} bytes; send less or raise the limit")


def compress(data: bytes, kind: Compression) -> bytes:
    """Pack data; Unsupported where the library for snappy or lz4 is missing."""
    if kind is Compression.GZIP:
        return gzip.compress(data, _LEVEL, mtime=0)
    if kind is Compression.ZLIB:
        return zlib.compress(data, _LEVEL)
    if kind is Compression.SNAPPY:
        return bytes(_snappy().compress_raw(data))
    if kind is Compression.LZ4:
        packed: bytes = _lz4().compress(data)
        return packed
    return data


def decompress(data: bytes, kind: Compression, limit_bytes: int) -> bytes:
    """Unpack data; BadInput where it is not packed so, TooLarge where it unpacks to more than `limit_bytes`."""
    if kind in (Compression.GZIP, Compression.ZLIB):
        inflater = Inflater(limit_bytes)
        unpacked = inflater.feed(data)
        inflater.end()
        return unpacked
    if kind is Compression.SNAPPY:
        return _unsnappy(data, limit_bytes)
    if kind is Compression.LZ4:
        return _unlz4(data, limit_bytes)
    return data


def _unsnappy(data: bytes, limit_bytes: int) -> bytes:
    snappy = _snappy()
    try:
        size_bytes = snappy.decompress_raw_len(data)
        unpacked = bytes(snappy.decompress_raw(data)) if size_bytes <= limit_bytes else None
    except Exception:  # noqa: BLE001 - cramjam raises a type of its own, straight from Exception
        raise BadInput("the payload is not compressed with snappy as its compress_type says") from None
    if unpacked is None:
        raise too_large(limit_bytes)
    return unpacked


def _unlz4(data: bytes, limit_bytes: int) -> bytes:
    stream = _lz4().LZ4FrameDecompressor()
    try:
        unpacked: bytes = stream.decompress(data, max_length=limit_bytes + 1)
    except (RuntimeError, EOFError):
        raise BadInput("the payload is not compressed with lz4 (frame format) as its compress_type says") from None
    if len(unpacked) > limit_bytes:
        raise too_large(limit_bytes)
    if not stream.eof:
        raise BadInput("the payload compressed with lz4 ends too early; send all of it")
    return unpacked


def _snappy() -> Any:
    try:
        from cramjam import snappy
    except ImportError:
        raise Unsupported("snappy needs the package cramjam; pip install serving-kit[client]") from None
    return snappy


def _lz4() -> Any:
    try:
        from lz4 import frame
    except ImportError:
        raise Unsupported("lz4 needs the package lz4; pip install serving-kit[client]") from None
    return frame
