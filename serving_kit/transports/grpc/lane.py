"""gRPC on connections: grpcio's server on a private socket, and bytes carried between the two.

grpcio takes no connection that somebody else accepted. Carrying bytes costs it a tenth of its speed and leaves it ahead
of grpclib, which takes them: benchmarks/grpc_library.py measures both.
"""

import asyncio
import logging
import tempfile
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from serving_kit.service.service import Service
from serving_kit.transports.grpc import reflection
from serving_kit.transports.grpc.general_model import general_model_handlers
from serving_kit.transports.grpc.open_inference import open_inference_handlers
from serving_kit.transports.lane import begins_with, emptied

log = logging.getLogger(__name__)

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class GrpcLane:
    """Every gRPC service of this server, with health checking and reflection."""

    name = "grpc"

    def __init__(self, service: Service, *, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self._health = health.aio.HealthServicer()
        self._folder = tempfile.TemporaryDirectory(prefix="serving-kit-grpc-")  # nobody else may enter it
        self._path = str(Path(self._folder.name) / "socket")
        self._server: grpc.aio.Server | None = None
        self._open: set[Side] = set()

    def claims(self, head: bytes) -> bool | None:
        """Claim what begins with HTTP/2's preface."""
        return begins_with(head, _PREFACE)

    async def start(self) -> None:
        """Start grpcio's server."""
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", self._max_body_bytes),
                ("grpc.max_send_message_length", -1),
                # Clients may ask as often as they like whether the connection lives.
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_ping_interval_without_data_ms", 1000),
                ("grpc.http2.max_ping_strikes", 0),
            ]
        )
        handlers = (general_model_handlers(self._service), open_inference_handlers(self._service))
        server.add_generic_rpc_handlers(handlers)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        reflection.add(server)
        server.add_insecure_port(f"unix:{self._path}")
        await server.start()
        for name in ("", *reflection.SERVICES):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._server = server

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return Carrier(self._path, self._open)

    async def stop(self, timeout_s: float) -> None:
        """Answer what was asked, for at most `timeout_s` seconds, and close."""
        await self._health.enter_graceful_shutdown()
        if self._server:
            await self._server.stop(timeout_s)
        for side in list(self._open):
            side.abort()
        await emptied(self._open, 1.0)
        self._folder.cleanup()


class Side(asyncio.Protocol):
    """One of two connections; what it reads is written to the other, and read no faster than the other takes it."""

    transport: asyncio.Transport | None = None
    other: "Side"

    def __init__(self, opened: "set[Side]") -> None:
        self.kept: list[bytes] = []
        self._open = opened

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # of a stream it is one
        self.transport = transport
        self._open.add(self)

    def data_received(self, data: bytes) -> None:
        self.other.write(data)

    def write(self, data: bytes) -> None:
        """Write, once there is a connection to write to."""
        if self.transport:
            self.transport.write(data)
        else:
            self.kept.append(data)

    def abort(self) -> None:
        """Close now."""
        if self.transport:
            self.transport.abort()

    def eof_received(self) -> bool:
        if self.other.transport and self.other.transport.can_write_eof():
            self.other.transport.write_eof()
        return True

    def connection_lost(self, _: Exception | None) -> None:
        self._open.discard(self)
        if self.other.transport:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other.transport and not self.other.transport.is_closing():
            self.other.transport.resume_reading()


class _Inner(Side):
    """The side of grpcio's server."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as above
        super().connection_made(transport)
        transport.writelines(self.kept)
        self.kept.clear()
        self.resume_writing()


class Carrier(Side):
    """The client's side: connects to grpcio's socket, and closes where that fails."""

    def __init__(self, path: str, opened: set[Side]) -> None:
        super().__init__(opened)
        self._path = path
        self.other = _Inner(opened)
        self.other.other = self
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as above
        super().connection_made(transport)
        transport.pause_reading()
        self._connecting = asyncio.ensure_future(self._connect())

    def connection_lost(self, _: Exception | None) -> None:
        super().connection_lost(None)
        if self._connecting:
            self._connecting.cancel()

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: self.other, self._path)
        except OSError as error:
            log.warning("a gRPC connection could not be handed on: %s", error)
            if self.transport:
                self.transport.close()
