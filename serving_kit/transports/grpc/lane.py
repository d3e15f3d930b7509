"""gRPC on connections: grpcio's server on a private socket, which bytes are carried to and from."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf.descriptor import FileDescriptor
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from serving_kit.service.keys import ApiKeys
from serving_kit.transports.grpc import reflection
from serving_kit.transports.grpc.carrier import Carriers
from serving_kit.transports.grpc.gate import Gate
from serving_kit.transports.lane import begins_with

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


@dataclass(frozen=True, slots=True)
class GrpcService:
    """The methods of a service, and the file that describes it."""

    handlers: grpc.GenericRpcHandler
    file: FileDescriptor


_MOST_PENDING = 1 << 20  # calls that came and are not begun: gRPC cancels more; what is too much is said by the service


class GrpcLane:
    """gRPC services, with health checking and reflection."""

    name = "grpc"

    def __init__(self, services: Sequence[GrpcService], *, max_body_bytes: int, keys: ApiKeys | None = None) -> None:
        self._services = services
        self._max_body_bytes = max_body_bytes
        self._keys = keys
        self._health = health.aio.HealthServicer()
        self._folder = tempfile.TemporaryDirectory(prefix="serving-kit-grpc-")  # nobody else may enter it
        self._path = str(Path(self._folder.name) / "socket")
        self._carriers = Carriers(self._path)
        self._server: grpc.aio.Server | None = None

    def claims(self, head: bytes) -> bool | None:
        """Claim what begins with HTTP/2's preface."""
        return begins_with(head, _PREFACE)

    async def start(self) -> None:
        """Start grpcio's server."""
        server = grpc.aio.server(
            interceptors=(Gate(self._keys),) if self._keys else (),
            options=[
                ("grpc.max_receive_message_length", self._max_body_bytes),
                ("grpc.max_send_message_length", -1),
                ("grpc.server.max_pending_requests", _MOST_PENDING),
                ("grpc.server.max_pending_requests_hard_limit", _MOST_PENDING),
                # Clients may ask as often as they like whether the connection lives.
                ("grpc.keepalive_permit_without_calls", 1),
                ("grpc.http2.min_ping_interval_without_data_ms", 1000),
                ("grpc.http2.max_ping_strikes", 0),
            ],
        )
        server.add_generic_rpc_handlers([service.handlers for service in self._services])
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = reflection.add(server, [service.file for service in self._services])
        server.add_insecure_port(f"unix:{self._path}")
        await server.start()
        for name in ("", *names):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        self._server = server

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return self._carriers.connection()

    async def stop(self, timeout_s: float) -> None:
        """Answer what was asked, for at most `timeout_s` seconds, and close."""
        await self._health.enter_graceful_shutdown()
        if self._server:
            await self._server.stop(timeout_s)
        await self._carriers.close()
        self._folder.cleanup()
