"""What every protocol does for a client: the seam between `ModelClient` and HTTP, gRPC and bRPC."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from serving_kit.clients.deadline import Deadline
from serving_kit.types import NamedTensor

Tensors = Mapping[str, NamedTensor]


class Channel(Protocol):
    """One server by one protocol, safe to share between threads.

    Each method makes one attempt and raises the package's errors: Refused where no model can have seen the request.
    `has_metadata` says whether the protocol tells of models; where not, `metadata` and `models` raise Unsupported.
    """

    url: str
    has_metadata: bool

    def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """Return the outputs named by `fetch`, all of them where it is empty."""
        ...

    def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """Return name, platform, versions, inputs and outputs of a model, as the Open Inference Protocol names them."""
        ...

    def models(self, deadline: Deadline) -> list[str]:
        """Return the names of the models the server has."""
        ...

    def is_ready(self, deadline: Deadline) -> bool:
        """Return whether the server takes requests."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class AsyncChannel(Protocol):
    """`Channel` for coroutines of one event loop."""

    url: str
    has_metadata: bool

    async def infer(self, model: str, tensors: Tensors, fetch: Sequence[str], deadline: Deadline) -> Tensors:
        """See `Channel.infer`."""
        ...

    async def metadata(self, model: str, deadline: Deadline) -> dict[str, Any]:
        """See `Channel.metadata`."""
        ...

    async def models(self, deadline: Deadline) -> list[str]:
        """See `Channel.models`."""
        ...

    async def is_ready(self, deadline: Deadline) -> bool:
        """See `Channel.is_ready`."""
        ...

    async def close(self) -> None:
        """See `Channel.close`."""
        ...
