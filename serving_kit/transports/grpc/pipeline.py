"""PipelineService over gRPC, as Paddle Serving's PipelineClient and its gateway ask for it."""

import grpc
from google.protobuf.message import DecodeError

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.codecs.pipeline_message import FULL_SERVICE, METHOD
from serving_kit.errors import BadInput, DeadlineExceeded
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.transports.grpc.status import Context, answering, deadline_s


def pipeline_handlers(pipeline: Pipeline) -> grpc.GenericRpcHandler:
    """Return the method of the service; an op's error is in its answer, with the number and words of old.

    A call whose time is over has gRPC's status for it, whichever side notices first.
    """

    async def inference(body: bytes, context: Context) -> bytes:
        pipeline.check_room()
        try:
            request = pb.Request.FromString(body)
        except DecodeError:
            raise BadInput("the message is no Request of PipelineService; see pipeline_service.proto") from None
        outcome = await pipeline.outcome(request, deadline_s(context))
        if isinstance(outcome.error, DeadlineExceeded):
            raise outcome.error
        return pipeline.packed(outcome).SerializeToString()

    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(answering(inference))
    return grpc.method_handlers_generic_handler(FULL_SERVICE, {METHOD: handler})
