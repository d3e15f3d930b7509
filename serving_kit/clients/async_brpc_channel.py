"""Paddle Serving's GeneralModelService over bRPC for coroutines, all calls on one connection."""
# ruff: noqa: ARG002 - the arguments are those of every channel, whether bRPC has a place for them or not

from collections.abc import Sequence
from typing import Any

from serving_kit.clients.async_brpc_connection import AsyncBrpcConnection
from serving_kit.clients.channel import Tensors
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.general_call import address_of, no_metadata, outputs_of, payload_of


class AsyncBrpcChannel:
    """A server at a `brpc://host:port` address; it runs all its models in sequence, whichever is asked for."""

    has_metadata = False

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._connection = AsyncBrpcConnection(address_of(url), api_key)

    async def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """Ask the server's chain of models; the protocol has no place for a model's name."""
        return outputs_of(await self._connection.ask(payload_of(tensors, fetch), deadline))

    async def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """Raise Unsupported."""
        raise no_metadata(self.url)

    async def models(self, deadline: Deadline) -> list[str]:
        """Raise Unsupported."""
        raise no_metadata(self.url)

    async def is_ready(self, deadline: Deadline) -> bool:
        """Return whether something listens, which is all that bRPC's own health check asks."""
        return await self._connection.is_ready(deadline)

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()
