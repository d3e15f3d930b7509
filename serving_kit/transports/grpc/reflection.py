"""What this server's services are, for clients that ask it, such as grpcurl."""

from collections.abc import Sequence
from typing import Any, cast

import grpc
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection, reflection_pb2


def add(server: grpc.aio.Server, files: Sequence[FileDescriptor]) -> tuple[str, ...]:
    """Let a server describe the services of these files, its health and this; return the names of all."""
    own = cast(Sequence[FileDescriptor], (health_pb2.DESCRIPTOR, reflection_pb2.DESCRIPTOR))
    described = (*files, *own)
    names = tuple(service.full_name for file in described for service in file.services_by_name.values())
    pool = DescriptorPool()
    for file in described:
        pool.AddSerializedFile(file.serialized_pb)
    reflection.enable_server_reflection(names, server, cast(DescriptorPool, _Pool(pool, names)))
    return names


class _Pool:
    """A pool that finds the file of a method too, as Go's and C++'s do: it is the file of its service."""

    def __init__(self, pool: DescriptorPool, names: Sequence[str]) -> None:
        self._pool = pool
        self._names = names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> FileDescriptor:  # noqa: N802 - as protobuf calls it
        service, _, method = symbol.rpartition(".")
        if service in self._names and method in self._pool.FindServiceByName(service).methods_by_name:
            symbol = service
        return self._pool.FindFileContainingSymbol(symbol)
