"""What runs a model for the service: the seam between one request and the engine."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from serving_kit.types import Tensor

Outputs: TypeAlias = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Demand:
    """What a request asks for beyond its answer.

    `deadline_at`, on the event loop's clock, is when the answer is worth nothing any more; among waiting requests the
    higher `priority` goes first, and then the older one.
    """

    deadline_at: float | None = None
    priority: int = 0


NO_DEMAND = Demand()


class Executor(Protocol):
    """Runs checked feeds on one model. Feeds and outputs are keyed by the model's real tensor names."""

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:
        """Queue one request on the thread of the running event loop; the future may be done already.

        Cancelling the future says that nobody wants the answer. Overloaded where the queue is full, Unavailable once
        closed, are raised at once; the future holds Internal or DeadlineExceeded.
        """

    def check_room(self) -> None:
        """Raise Overloaded where `submit` would because the queue is full, before anything is read of a request."""

    def close(self) -> None:
        """Finish what was accepted, refuse what comes after, and end the threads.

        Waits, so it is called from another thread than that of a running event loop.
        """
