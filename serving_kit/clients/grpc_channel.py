"""The Open Inference Protocol over gRPC, with raw tensors."""

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


class GrpcChannel:
    """A server at a `grpc://host:port` address, without TLS; Unsupported where grpcio is missing."""

    has_metadata = True

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._grpc = grpc_library()
        target, address = target_of(url)
        self._channel = self._grpc.insecure_channel(target, channel_options(address.host))
        self._metadata = tuple(headers_of(api_key).items())

    def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """Ask a model."""
        return outputs_of(self._ask(infer_call(model, tensors, fetch), deadline), self.url)

    def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """Return a model's metadata."""
        return document_of(self._ask(metadata_call(model), deadline))

    def models(self, deadline: Deadline) -> list[str]:
        """Return the names of the models that are loaded."""
        return names_of(self._ask(MODELS, deadline))

    def is_ready(self, deadline: Deadline) -> bool:
        """Return whether the server says that it is."""
        try:
            return bool(self._ask(READY, deadline).ready)
        except ServingKitError:
            return False

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _ask(self, call: Call, deadline: Deadline) -> Any:
        method = self._channel.unary_unary(call.path, type(call.request).SerializeToString, call.answer.FromString)
        try:
            return method(call.request, timeout=deadline.left_s(self.url), metadata=self._metadata)
        except self._grpc.RpcError as error:
            raise told(error, self.url, deadline) from None
