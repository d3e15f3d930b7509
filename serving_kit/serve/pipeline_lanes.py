"""Every protocol of a server of one pipeline."""

from collections.abc import Sequence

from serving_kit.codecs import open_inference_pb2, pipeline_service_pb2
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.grpc.lane import GrpcLane, GrpcService
from serving_kit.transports.grpc.open_inference import open_inference_handlers
from serving_kit.transports.grpc.pipeline import pipeline_handlers
from serving_kit.transports.http.pipeline_lane import pipeline_lane
from serving_kit.transports.lane import Lane

MAX_BODY_BYTES = 256 << 20  # what Paddle Serving's pipeline servers took


def pipeline_lanes(
    pipeline: Pipeline,
    service: Service,
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    keys: ApiKeys | None = None,
    is_controlled: bool = False,
) -> Sequence[Lane]:
    """Return gRPC and HTTP, each with PipelineService and, for `service`, the Open Inference Protocol.

    Clients may change the weights of variants where it `is_controlled`.
    """
    services = (
        GrpcService(pipeline_handlers(pipeline), pipeline_service_pb2.DESCRIPTOR),
        GrpcService(open_inference_handlers(service), open_inference_pb2.DESCRIPTOR),
    )
    return (
        GrpcLane(services, max_body_bytes=max_body_bytes, keys=keys),
        pipeline_lane(pipeline, service, max_body_bytes=max_body_bytes, keys=keys, is_controlled=is_controlled),
    )
