"""Unary gRPC calls over HTTP/2 as bytes made beforehand: a tenth of the cost of a whole client (RFC 9113, RFC 7541).

For small messages only: the window that the server grants is not watched.
"""

import struct

from benchmarks.asker import Asker

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
END_STREAM = ACK = 1
_END_HEADERS = 4
_INITIAL_WINDOW_SIZE = 4
_LARGEST_WINDOW = (1 << 31) - 1
HEAD = struct.Struct(">HBBBI")  # length (3 bytes), type, flags, stream


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Return one frame."""
    return HEAD.pack(len(payload) >> 8, len(payload) & 0xFF, kind, flags, stream) + payload


def call(path: str, message: bytes) -> bytes:
    """Return the frames of a call on stream 0; `GrpcAsker` writes the stream's number into both."""
    block = b"\x83\x86"  # :method POST, :scheme http
    block += b"\x04" + _text(path) + b"\x01" + _text("localhost")  # :path, :authority
    block += b"\x0f\x10" + _text("application/grpc")  # content-type
    block += b"\x00" + _text("te") + _text("trailers")
    body = struct.pack(">BI", 0, len(message)) + message
    return frame(HEADERS, _END_HEADERS, 0, block) + frame(DATA, END_STREAM, 0, body)


def _text(value: str) -> bytes:
    if len(value) > 126:
        raise ValueError(f"{value!r} is longer than the 126 bytes that one byte can tell; use a shorter one")
    return bytes([len(value)]) + value.encode("ascii")


class GrpcAsker(Asker):
    """One call after the other, each on its own stream; an answer is the messages of a stream, none where it failed."""

    _stream = -1
    _answer = b""

    def _greet(self) -> None:
        settings = struct.pack(">HI", _INITIAL_WINDOW_SIZE, _LARGEST_WINDOW)
        window = struct.pack(">I", _LARGEST_WINDOW - 65535)
        greeting = (_PREFACE, frame(SETTINGS, 0, 0, settings), frame(WINDOW_UPDATE, 0, 0, window))
        self._transport.write(b"".join(greeting))
        headers_end = 9 + int.from_bytes(self._request[:3])
        self._parts = self._request[:5], self._request[9 : headers_end + 5], self._request[headers_end + 9 :]

    def _next(self) -> bytes:
        self._stream += 2
        number = self._stream.to_bytes(4)
        headers, between, body = self._parts
        return b"".join((headers, number, between, number, body))

    def _take(self) -> bytes | None:
        held, at = self._held, 0
        answer = None
        while len(held) - at >= 9:
            high, low, kind, flags, stream = HEAD.unpack_from(held, at)
            end = at + 9 + (high << 8) + low
            if len(held) < end:
                break
            if kind == DATA:
                self._answer += held[at + 9 : end]
            if stream and kind in (DATA, HEADERS) and flags & END_STREAM:
                answer, self._answer = self._answer, b""
            elif kind in (SETTINGS, PING) and not flags & ACK:
                self._transport.write(frame(kind, ACK, 0, held[at + 9 : end] if kind == PING else b""))
            elif kind == GOAWAY:
                self._fail(f"the server says goodbye: {held[at + 9 : end]!r}")
            at = end
        self._held = held[at:]
        return answer
