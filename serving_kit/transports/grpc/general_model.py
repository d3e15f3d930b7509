"""GeneralModelService over gRPC, as Paddle Serving's HttpClient and Java SDK ask for it."""

from dataclasses import replace

import grpc

from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, decode_request, encode_response
from serving_kit.service.service import Service
from serving_kit.transports.grpc.status import Context, answering, deadline_s


def general_model_handlers(service: Service) -> grpc.GenericRpcHandler:
    """Return both methods of the service; messages come and go as bytes, so that the codec can name what is wrong."""

    async def infer(body: bytes, context: Context) -> bytes:
        request = replace(decode_request(body), deadline_s=deadline_s(context))
        return encode_response(await service.infer(None, request))

    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(answering(infer))
    return grpc.method_handlers_generic_handler(FULL_SERVICE, dict.fromkeys(METHODS, handler))
