"""What runs a model for the service: the seam between one request and the engine's threads."""

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Protocol, TypeAlias

from serving_kit.types import Tensor

Outputs: TypeAlias = dict[str, Tensor]


class Executor(Protocol):
    """Runs checked feeds on one model; safe to call from any thread.

    Feeds and outputs are keyed by the model's real tensor names.
    """

    def submit(self, feeds: Mapping[str, Tensor]) -> Future[Outputs]:
        """Queue one request, which may be cancelled; Overloaded when the queue is full, Unavailable once closed."""

    def close(self) -> None:
        """Finish what was accepted, refuse what comes after, and end the threads."""
