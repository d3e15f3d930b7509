"""The trivial service in grpclib, for an environment that has it."""

import asyncio
from collections.abc import Callable

from grpclib.const import Cardinality, Handler  # type: ignore[import-not-found]
from grpclib.encoding.base import CodecBase  # type: ignore[import-not-found]
from grpclib.server import Server, Stream  # type: ignore[import-not-found]


class _Bytes(CodecBase):  # type: ignore[misc] # grpclib is no requirement of this project
    """Messages as they are; what protobuf costs is the same everywhere."""

    __content_subtype__ = "proto"

    def encode(self, message: bytes, message_type: object) -> bytes:  # noqa: ARG002 - grpclib's signature
        return message

    def decode(self, data: bytes, message_type: object) -> bytes:  # noqa: ARG002 - grpclib's signature
        return data


class _Trivial:
    def __init__(self, path: str, answer: bytes) -> None:
        self._path = path
        self._answer = answer

    async def ask(self, stream: "Stream[bytes, bytes]") -> None:
        await stream.recv_message()
        await stream.send_message(self._answer)

    def __mapping__(self) -> dict[str, Handler]:
        return {self._path: Handler(self.ask, Cardinality.UNARY_UNARY, bytes, bytes)}


def connection(path: str, answer: bytes) -> Callable[[], asyncio.Protocol]:
    """Return what makes the protocol of a new connection; to be called in a running loop."""
    make: Callable[[], asyncio.Protocol] = Server([_Trivial(path, answer)], codec=_Bytes())._protocol_factory
    return make
