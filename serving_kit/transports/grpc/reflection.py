"""What this server's services are, for clients that ask it, such as grpcurl."""

import grpc
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
    reflection.enable_server_reflection(SERVICES, server, pool)
