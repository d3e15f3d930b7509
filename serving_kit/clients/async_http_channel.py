"""The Open Inference Protocol over REST for coroutines, with binary tensors."""

from collections.abc import Sequence
from typing import Any

from serving_kit.clients.async_connection import AsyncConnection
from serving_kit.clients.channel import Tensors
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


class AsyncHttpChannel:
    """A server at an `http://` or `https://` address."""

    has_metadata = True

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self._connection = AsyncConnection(url, api_key)
        self.url = self._connection.url

    async def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """Ask a model."""
        return outputs_of(await self._connection.send(infer_ask(model, tensors, fetch), deadline))

    async def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """Return a model's metadata, this project's own under `parameters`."""
        return document_of(await self._connection.send(metadata_ask(model), deadline))

    async def models(self, deadline: Deadline) -> list[str]:
        """Return the models' names."""
        return names_of(await self._connection.send(MODELS, deadline))

    async def is_ready(self, deadline: Deadline) -> bool:
        """Return whether the server says that it is."""
        try:
            await self._connection.send(READY, deadline)
        except ServingKitError:
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()
