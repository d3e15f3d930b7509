"""Every protocol of a server of models."""

from collections.abc import Sequence
from typing import Protocol

from serving_kit.codecs import general_model_service_pb2, open_inference_pb2
from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.brpc.lane import BrpcLane
from serving_kit.transports.grpc.general_model import general_model_handlers
from serving_kit.transports.grpc.lane import GrpcLane, GrpcService
from serving_kit.transports.grpc.open_inference import open_inference_handlers
from serving_kit.transports.http.app import MAX_BODY_BYTES
from serving_kit.transports.http.models import models_lane
from serving_kit.transports.lane import Lane


class Lanes(Protocol):
    """Makes the lanes of a service; `model_lanes` is one."""

    def __call__(self, service: Service, *, max_body_bytes: int, keys: ApiKeys | None) -> Sequence[Lane]:
        """Return lanes in the order in which they are asked."""


def model_lanes(
    service: Service,
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    keys: ApiKeys | None = None,
    http: Lane | None = None,
) -> Sequence[Lane]:
    """Return gRPC, bRPC and HTTP, or what takes its place; it comes last, because it claims what the others leave."""
    services = (
        GrpcService(general_model_handlers(service), general_model_service_pb2.DESCRIPTOR),
        GrpcService(open_inference_handlers(service), open_inference_pb2.DESCRIPTOR),
    )
    return (
        GrpcLane(services, max_body_bytes=max_body_bytes, keys=keys),
        BrpcLane(service, max_body_bytes=max_body_bytes, keys=keys),
        http or models_lane(service, max_body_bytes=max_body_bytes, keys=keys),
    )
