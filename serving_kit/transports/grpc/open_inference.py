"""The Open Inference Protocol v2 over gRPC, with the extensions that Triton's clients ask for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import grpc
from google.protobuf.json_format import ParseDict
from google.protobuf.message import DecodeError, Message

from serving_kit.codecs import open_inference_pb2 as pb
from serving_kit.codecs.open_inference_message import decode_request, encode_response
from serving_kit.errors import BadInput, NotFound, ServingKitError, unforeseen
from serving_kit.service.service import Service
from serving_kit.transports import open_inference as documents
from serving_kit.transports.grpc.status import Context, Method, answering, deadline_s

M = TypeVar("M", bound=Message)


def open_inference_handlers(service: Service) -> grpc.GenericRpcHandler:
    """Return every method of `inference.GRPCInferenceService`."""
    servicer = _Servicer(service)
    unary = {
        "ServerLive": _unary(pb.ServerLiveRequest, servicer.server_live),
        "ServerReady": _unary(pb.ServerReadyRequest, servicer.server_ready),
        "ModelReady": _unary(pb.ModelReadyRequest, servicer.model_ready),
        "ServerMetadata": _unary(pb.ServerMetadataRequest, servicer.server_metadata),
        "ModelMetadata": _unary(pb.ModelMetadataRequest, servicer.model_metadata),
        "ModelConfig": _unary(pb.ModelConfigRequest, servicer.model_config),
        "ModelStatistics": _unary(pb.ModelStatisticsRequest, servicer.model_statistics),
        "ModelInfer": _unary(pb.ModelInferRequest, servicer.model_infer),
        "RepositoryIndex": _unary(pb.RepositoryIndexRequest, servicer.repository_index),
        "RepositoryModelLoad": _unary(pb.RepositoryModelLoadRequest, servicer.load),
        "RepositoryModelUnload": _unary(pb.RepositoryModelUnloadRequest, servicer.unload),
    }
    handlers: dict[str, Any] = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in unary.items()}
    handlers["ModelStreamInfer"] = grpc.stream_stream_rpc_method_handler(servicer.model_stream_infer)
    return grpc.method_handlers_generic_handler("inference.GRPCInferenceService", handlers)


class _Servicer:
    def __init__(self, service: Service) -> None:
        self._service = service

    async def server_live(self, _: pb.ServerLiveRequest, __: Context) -> Message:
        return pb.ServerLiveResponse(live=True)

    async def server_ready(self, _: pb.ServerReadyRequest, __: Context) -> Message:
        return pb.ServerReadyResponse(ready=self._service.is_ready)

    async def model_ready(self, request: pb.ModelReadyRequest, _: Context) -> Message:
        try:
            documents.find_model(self._service, request.name, request.version)
        except NotFound:
            if request.name not in self._service.repository.names:
                raise
            return pb.ModelReadyResponse(ready=False)
        return pb.ModelReadyResponse(ready=self._service.is_ready)

    async def server_metadata(self, _: pb.ServerMetadataRequest, __: Context) -> Message:
        return _written(documents.SERVER, pb.ServerMetadataResponse())

    async def model_metadata(self, request: pb.ModelMetadataRequest, _: Context) -> Message:
        model = documents.find_model(self._service, request.name, request.version)
        return _written(documents.metadata(model), pb.ModelMetadataResponse())

    async def model_config(self, request: pb.ModelConfigRequest, _: Context) -> Message:
        model = documents.find_model(self._service, request.name, request.version)
        return _written({"config": documents.config(model)}, pb.ModelConfigResponse())

    async def model_statistics(self, request: pb.ModelStatisticsRequest, _: Context) -> Message:
        models = self._service.models
        if request.name:
            models = (documents.find_model(self._service, request.name, request.version),)
        return _written(documents.statistics(models), pb.ModelStatisticsResponse())

    async def model_infer(self, request: pb.ModelInferRequest, context: Context) -> pb.ModelInferResponse:
        model = documents.find_model(self._service, request.model_name, request.model_version)
        decoded = decode_request(request)
        waits_s = deadline_s(context)
        if decoded.deadline_s is None or (waits_s is not None and waits_s < decoded.deadline_s):
            decoded = replace(decoded, deadline_s=waits_s)
        response = await self._service.infer(model.name, decoded)
        return encode_response(model.name, documents.outputs_of(decoded, response), request_id=request.id)

    async def model_stream_infer(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        """Answer a stream's requests one by one; one that fails is answered by its error, and the stream goes on."""
        async for body in requests:
            request = pb.ModelInferRequest()
            try:
                request = _parsed(pb.ModelInferRequest, body)
                answer = pb.ModelStreamInferResponse(infer_response=await self.model_infer(request, context))
            except Exception as error:  # noqa: BLE001 - told to the client, as `answering` does for single calls
                told = error if isinstance(error, ServingKitError) else unforeseen(error)
                answer = pb.ModelStreamInferResponse(
                    error_message=str(told), infer_response=pb.ModelInferResponse(id=request.id)
                )
            yield answer.SerializeToString()

    async def repository_index(self, request: pb.RepositoryIndexRequest, _: Context) -> Message:
        models = documents.index(self._service, ready_only=request.ready)
        return _written({"models": models}, pb.RepositoryIndexResponse())

    async def load(self, request: pb.RepositoryModelLoadRequest, _: Context) -> Message:
        for name in request.parameters:
            documents.refuse_override(name)
        await self._service.repository.load(request.model_name)
        return pb.RepositoryModelLoadResponse()

    async def unload(self, request: pb.RepositoryModelUnloadRequest, _: Context) -> Message:
        await self._service.repository.unload(request.model_name)
        return pb.RepositoryModelUnloadResponse()


def _unary(request_type: type[M], method: Callable[[M, Context], Awaitable[Message]]) -> Method:
    async def answer(body: bytes, context: Context) -> bytes:
        return (await method(_parsed(request_type, body), context)).SerializeToString()

    return answering(answer)


def _parsed(request_type: type[M], body: bytes) -> M:
    try:
        return request_type.FromString(body)
    except DecodeError:
        raise BadInput(f"the {len(body)} bytes of the message are no {request_type.DESCRIPTOR.name}") from None


def _written(document: documents.Document, message: M) -> M:
    return ParseDict(document, message, ignore_unknown_fields=True)
