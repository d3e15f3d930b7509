"""The Open Inference Protocol over REST, with binary tensors."""

from collections.abc import Sequence
from typing import Any

from serving_kit.clients.channel import Tensors
from serving_kit.clients.connection import Connection
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.open_inference_call import (
    MODELS,
    READY,
    document_of,
    infer_ask,
    metadata_ask,
    names_of,
    outputs_of,
)
from serving_kit.errors import ServingKitError


class HttpChannel:
    """A server at an `http://` or `https://` address."""

    has_metadata = True

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self._connection = Connection(url, api_key)
        self.url = self._connection.url

    def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """Ask a model."""
        return outputs_of(self._connection.send(infer_ask(model, tensors, fetch), deadline))

    def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """Return a model's metadata, this project's own under `parameters`."""
        return document_of(self._connection.send(metadata_ask(model), deadline))

    def models(self, deadline: Deadline) -> list[str]:
        """Return the models' names."""
        return names_of(self._connection.send(MODELS, deadline))

    def is_ready(self, deadline: Deadline) -> bool:
        """Return whether the server says that it is."""
        try:
            self._connection.send(READY, deadline)
        except ServingKitError:
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
