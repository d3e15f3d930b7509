"""Deadlines of many requests with one timer of the event loop."""

import asyncio
import heapq
from itertools import count

from serving_kit.batching.job import Job
from serving_kit.errors import DeadlineExceeded

_FEW = 64


class Deadlines:
    """Answers a job with DeadlineExceeded when its time has come, whether it waits or runs."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Job, float]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0
        self._swept_size = _FEW

    def __len__(self) -> int:
        """Return how many jobs are watched, some of which may be answered already."""
        return len(self._heap)

    def watch(self, job: Job, deadline_at: float) -> None:
        """Watch over a job; many cost one timer, that of the nearest deadline."""
        if len(self._heap) >= 2 * self._swept_size:  # answered ones would stay in memory until their deadline
            self._heap = [entry for entry in self._heap if not entry[2].done()]
            heapq.heapify(self._heap)
            self._swept_size = max(_FEW, len(self._heap))
        loop = job.get_loop()
        heapq.heappush(self._heap, (deadline_at, next(self._numbers), job, deadline_at - loop.time()))
        if self._timer is None or deadline_at < self._rings_at:
            self._arm(loop)

    def expire(self, now: float) -> None:
        """Answer the jobs whose deadline has come by then."""
        while self._heap and (self._heap[0][0] <= now or self._heap[0][2].done()):
            _, _, job, allowed_s = heapq.heappop(self._heap)
            if not job.done():
                job.expire(
                    DeadlineExceeded(
                        f"no answer within {round(max(0.0, allowed_s), 3):g} s; allow more or ask for less"
                    )
                )

    def clear(self) -> None:
        """Forget all jobs, those of a loop that has ended."""
        self._heap.clear()
        self._timer = None

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._heap:
            self._rings_at = self._heap[0][0]
            self._timer = loop.call_at(self._rings_at, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        self.expire(loop.time())
        self._arm(loop)
