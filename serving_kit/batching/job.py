"""One request on its way through a scheduler: the future of its answer, and what is known of the request."""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Any, Protocol

from serving_kit.batching.executor import Demand, Outputs
from serving_kit.batching.merge import instances, signature
from serving_kit.types import Tensor


class Owner(Protocol):
    """Told when a waiting job is given up."""

    def given_up(self, job: "Job") -> None:
        """Take the job out of those that wait."""


class Job(asyncio.Future[Outputs]):
    """The future of one request's answer. Cancelling it while it waits frees its place in the queue at once."""

    __slots__ = ("_instances", "_key", "demand", "feeds", "is_waiting", "owner")

    def __init__(
        self, feeds: Mapping[str, Tensor], demand: Demand, owner: Owner, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(loop=loop)
        self.feeds = feeds
        self.demand = demand
        self.owner = owner
        self.is_waiting = True
        self._key: Hashable = None
        self._instances = -1

    @property
    def instances(self) -> int:
        """How many instances the request holds; 0 where its inputs disagree, so that it must run alone."""
        if self._instances < 0:
            self._instances = instances(self.feeds) or 0
        return self._instances

    @property
    def key(self) -> Hashable:
        """What two requests must have in common to share a run as they are."""
        if self._key is None:
            self._key = signature(self.feeds)
        return self._key

    def cancel(self, msg: Any | None = None) -> bool:
        """Give the request up: one that waits never runs."""
        if not super().cancel(msg):
            return False
        if self.is_waiting:
            self.owner.given_up(self)
        return True

    def expire(self, error: Exception) -> None:
        """Answer with an error, now that there is no use in a run; nothing where the job is answered already."""
        if self.is_waiting and not self.done():
            self.owner.given_up(self)
        self.answer(error)

    def answer(self, result: "Outputs | BaseException") -> None:
        """Answer once; what comes for a request that is answered or given up already is dropped."""
        if self.done():
            return
        if isinstance(result, BaseException):
            self.set_exception(result)
        else:
            self.set_result(result)
