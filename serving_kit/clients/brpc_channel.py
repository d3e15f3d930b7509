"""Paddle Serving's GeneralModelService over bRPC."""
# ruff: noqa: ARG002 - the arguments are those of every channel, whether bRPC has a place for them or not

import socket
from collections.abc import Sequence
from typing import Any

from serving_kit.clients.brpc_pool import BrpcPool
from serving_kit.clients.channel import Tensors
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.general_call import address_of, no_metadata, outputs_of, payload_of


class BrpcChannel:
    """A server at a `brpc://host:port` address; it runs all its models in sequence, whichever is asked for."""

    has_metadata = False

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._address = address_of(url)
        self._pool = BrpcPool([self._address], api_key)

    def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """Ask the server's chain of models; the protocol has no place for a model's name."""
        return outputs_of(self._pool.ask(payload_of(tensors, fetch), deadline))

    def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """Raise Unsupported."""
        raise no_metadata(self.url)

    def models(self, deadline: Deadline) -> list[str]:
        """Raise Unsupported."""
        raise no_metadata(self.url)

    def is_ready(self, deadline: Deadline) -> bool:
        """Return whether something listens, which is all that bRPC's own health check asks."""
        try:
            address = (self._address.host, self._address.port)
            socket.create_connection(address, timeout=deadline.left_s(self.url)).close()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()
