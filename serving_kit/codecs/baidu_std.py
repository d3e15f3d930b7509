"""Frames of baidu_std, bRPC's own protocol.

`PRPC`, the size of what follows and the size of the meta in it (uint32, big endian); then the meta (RpcMeta), the
payload, and the attachment, whose size the meta says. One write a frame: two cost a delayed acknowledgement each.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from serving_kit.codecs.baidu_rpc_meta_pb2 import RpcMeta, RpcRequestMeta, RpcResponseMeta
from serving_kit.errors import BadInput

MAGIC = b"PRPC"
META_LIMIT_BYTES = 64 << 10  # names, numbers and a trace's ids; bRPC's own are below a hundred
_HEADER = struct.Struct(">4sII")


class NotAFrame(BadInput):
    """What came is no frame, and nothing after it on the same connection can be understood."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message; `payload` is None where it was passed over: it was not welcome, or larger than the limit."""

    meta: RpcMeta
    payload: bytes | None
    attachment: bytes = b""
    is_welcome: bool = True


def encode_frame(meta: RpcMeta, payload: bytes, attachment: bytes = b"") -> bytes:
    """Return a frame as the bytes of one write."""
    if attachment:
        meta.attachment_size = len(attachment)
    encoded = meta.SerializeToString()
    header = _HEADER.pack(MAGIC, len(encoded) + len(payload) + len(attachment), len(encoded))
    return b"".join((header, encoded, payload, attachment))


def request_meta(
    service: str,
    method: str,
    correlation_id: int,
    *,
    compress_type: int = 0,
    timeout_ms: int | None = None,
    api_key: str | None = None,
) -> RpcMeta:
    """Return the meta of a call, with the fields that Paddle Serving's client sets and those that are given."""
    request = RpcRequestMeta(service_name=service, method_name=method, log_id=0)
    if timeout_ms is not None:
        request.timeout_ms = timeout_ms
    meta = RpcMeta(request=request, compress_type=compress_type, correlation_id=correlation_id)
    if api_key is not None:
        meta.authentication_data = api_key.encode("ascii")
    return meta


def response_meta(correlation_id: int, *, compress_type: int = 0, code: int = 0, text: str = "") -> RpcMeta:
    """Return the meta of an answer; a `code` other than 0 is a failure, told by `text`."""
    response = RpcResponseMeta(error_code=code)
    if text:
        response.error_text = text
    return RpcMeta(response=response, compress_type=compress_type, correlation_id=correlation_id)


class FrameReader:
    """Takes frames out of a stream that comes in parts of any size, down to single bytes.

    A frame over `limit_bytes`, or whose meta is not welcome, is passed over without being kept, so that its caller can
    be told before the rest of it has come.
    """

    def __init__(self, limit_bytes: int, is_welcome: Callable[[RpcMeta], bool] | None = None) -> None:
        self._limit_bytes = limit_bytes
        self._is_welcome = is_welcome
        self._parts: list[bytes] = []
        self._at = 0  # how much of the first part is taken
        self._held_bytes = 0
        self._header: tuple[int, int] | None = None
        self._meta: RpcMeta | None = None
        self._to_skip_bytes = 0

    @property
    def is_within_frame(self) -> bool:
        """Whether part of a frame has come and the rest has not."""
        return bool(self._held_bytes or self._header or self._to_skip_bytes)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next part of the stream and yield each frame that it completes; NotAFrame ends the stream."""
        self._keep(data)
        while True:
            if self._header is None:
                if self._held_bytes < _HEADER.size:
                    self._check_magic()
                    return
                self._header = self._sizes(self._take(_HEADER.size))
            body_bytes, meta_bytes = self._header
            if self._meta is None:
                if self._held_bytes < meta_bytes:
                    return
                self._meta = _decoded(self._take(meta_bytes))
                is_welcome = self._is_welcome is None or self._is_welcome(self._meta)
                if body_bytes > self._limit_bytes or not is_welcome:
                    yield self._pass_over(self._meta, body_bytes - meta_bytes, is_welcome)
                    continue
            if self._held_bytes < body_bytes - meta_bytes:
                return
            yield self._whole(self._meta, self._take(body_bytes - meta_bytes))
            self._header = self._meta = None

    def _whole(self, meta: RpcMeta, body: bytes) -> Frame:
        split = len(body) - meta.attachment_size
        if not 0 <= split <= len(body):
            raise NotAFrame(f"attachment_size is {meta.attachment_size}, but {len(body)} bytes came after the meta")
        return Frame(meta, body[:split] if meta.attachment_size else body, body[split:])

    def _pass_over(self, meta: RpcMeta, rest_bytes: int, is_welcome: bool) -> Frame:
        held = self._take(self._held_bytes)
        self._header = self._meta = None
        self._to_skip_bytes = rest_bytes
        self._keep(held)
        return Frame(meta, None, is_welcome=is_welcome)

    def _keep(self, data: bytes) -> None:
        if self._to_skip_bytes:
            skipped = min(self._to_skip_bytes, len(data))
            self._to_skip_bytes -= skipped
            data = data[skipped:]
        if data:
            self._parts.append(data)
            self._held_bytes += len(data)

    def _take(self, count: int) -> bytes:
        if len(self._parts) > 1:
            self._parts = [b"".join((self._parts[0][self._at :], *self._parts[1:]))]
            self._at = 0
        held = self._parts[0] if self._parts else b""
        taken = held if count == len(held) else held[self._at : self._at + count]
        self._at += count
        self._held_bytes -= count
        if not self._held_bytes:
            self._parts, self._at = [], 0
        return taken

    def _check_magic(self) -> None:
        start = b"".join(self._parts)[self._at :][: len(MAGIC)]
        if not MAGIC.startswith(start):
            raise NotAFrame(f"a frame begins with {MAGIC!r}, not {start!r}")

    def _sizes(self, header: bytes) -> tuple[int, int]:
        magic, body_bytes, meta_bytes = _HEADER.unpack(header)
        if magic != MAGIC:
            raise NotAFrame(f"a frame begins with {MAGIC!r}, not {magic!r}")
        if meta_bytes > min(body_bytes, META_LIMIT_BYTES):
            raise NotAFrame(f"a meta of {meta_bytes} bytes in a body of {body_bytes} bytes is no frame")
        return body_bytes, meta_bytes


def _decoded(encoded: bytes) -> RpcMeta:
    try:
        return RpcMeta.FromString(encoded)
    except DecodeError:
        raise NotAFrame(f"the {len(encoded)} bytes of the meta are no RpcMeta") from None
