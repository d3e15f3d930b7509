"""What this server's services are, for clients that ask it, such as grpcurl."""

from typing import Any, cast

import grpc
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2

from serving_kit.codecs import general_model_service_pb2, open_inference_pb2

_FILES = (general_model_service_pb2, open_inference_pb2, health_pb2, reflection_pb2)
SERVICES = tuple(service.full_name for file in _FILES for service in file.DESCRIPTOR.services_by_name.values())


def add(server: grpc.aio.Server) -> None:
    """Let a server describe its services."""
    pool = DescriptorPool()
    for file in _FILES:
        pool.AddSerializedFile(file.DESCRIPTOR.serialized_pb)
    reflection.enable_server_reflection(SERVICES, server, cast(DescriptorPool, _Pool(pool)))


class _Pool:
    """A pool that finds the file of a method too, as Go's and C++'s do: it is the file of its service."""

    def __init__(self, pool: DescriptorPool) -> None:
        self._pool = pool

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:  # noqa: N802 - as protobuf calls it
        service, _, method = symbol.rpartition(".")
        if service in SERVICES and method in self._pool.FindServiceByName(service).methods_by_name:
            symbol = service
        return self._pool.FindFileContainingSymbol(symbol)
