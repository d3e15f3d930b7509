"""The Open Inference Protocol over gRPC for coroutines, with raw tensors."""

from collections.abc import Sequence
from typing import Any

from serving_kit.clients.channel import Tensors
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.grpc_call import (
    MODELS,
    READY,
    Call,
    channel_options,
    document_of,
    grpc_library,
    infer_call,
    metadata_call,
    names_of,
    outputs_of,
    target_of,
    told,
)
from serving_kit.clients.key import headers_of
from serving_kit.errors import ServingKitError


class AsyncGrpcChannel:
    """A server at a `grpc://host:port` address, without TLS; Unsupported where grpcio is missing."""

    has_metadata = True

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._grpc = grpc_library()
        target, address = target_of(url)
        self._channel = self._grpc.aio.insecure_channel(target, channel_options(address.host))
        self._metadata = tuple(headers_of(api_key).items())

    async def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """Ask a model."""
        return outputs_of(await self._ask(infer_call(model, tensors, fetch), deadline), self.url)

    async def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """Return a model's metadata."""
        return document_of(await self._ask(metadata_call(model), deadline))

    async def models(self, deadline: Deadline) -> list[str]:
        """Return the names of the models that are loaded."""
        return names_of(await self._ask(MODELS, deadline))

    async def is_ready(self, deadline: Deadline) -> bool:
        """Return whether the server says that it is."""
        try:
            return bool((await self._ask(READY, deadline)).ready)
        except ServingKitError:
            return False

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close()

    async def _ask(self, call: Call, deadline: Deadline) -> Any:
        method = self._channel.unary_unary(call.path, type(call.request).SerializeToString, call.answer.FromString)
        try:
            return await method(call.request, timeout=deadline.left_s(self.url), metadata=self._metadata)
        except self._grpc.RpcError as error:
            raise told(error, self.url, deadline) from None
