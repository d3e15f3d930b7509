"""One request, one engine run, on a fixed number of threads."""

import asyncio
from collections.abc import Mapping

from serving_kit.batching.clones import Clones, OnRun, Slots, ignore_run
from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.errors import Unavailable
from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor


class PoolExecutor:
    """Paddle Serving's sync mode (`--thread`): every request runs by itself on one of `threads` clones.

    At most `queue_limit` requests may be unanswered at a time; the next one is Overloaded.
    """

    def __init__(self, engine: Engine, threads: int, *, queue_limit: int = 1024, on_run: OnRun = ignore_run) -> None:
        self._clones = Clones(engine, threads, on_run)
        self._slots = Slots(queue_limit)

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:  # noqa: ARG002
        """Queue one request; a cancelled one never reaches the engine."""
        self._slots.take()
        try:
            future = self._clones.pool.submit(self._clones.run, feeds)
        except RuntimeError:  # the pool was shut down
            self._slots.give_back()
            raise Unavailable("this server is stopping; ask another one") from None
        future.add_done_callback(self._slots.give_back)
        return asyncio.wrap_future(future)

    def close(self) -> None:
        """Finish what was accepted, refuse what comes after, and end the threads."""
        self._clones.close()
