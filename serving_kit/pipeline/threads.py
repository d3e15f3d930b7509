"""Threads of one op, which survive what is stuck in one of them."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

log = logging.getLogger(__name__)


class _State(Enum):
    WAITING = auto()
    RUNNING = auto()
    OVER = auto()
    GIVEN_UP = auto()


class _Job:
    __slots__ = ("future", "loop", "state", "work")

    def __init__(self, work: Callable[[], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.state = _State.WAITING

    def execute(self) -> None:
        """Run, and tell the loop how it ended, if it still is there."""
        try:
            value, error = self.work(), None
        except BaseException as raised:  # noqa: BLE001 - told to whoever waits; no thread ends because of it
            value, error = None, raised
        try:
            self.loop.call_soon_threadsafe(self._settle, value, error)
        except RuntimeError:  # the loop is closed: nobody waits
            log.debug("an op's work ended after its pipeline")

    def _settle(self, value: Any, error: BaseException | None) -> None:
        if self.future.done():
            return
        if isinstance(error, Exception):
            self.future.set_exception(error)
        elif error is not None:
            self.future.set_exception(RuntimeError(f"an op tried to end the process: {error!r}"))
        else:
            self.future.set_result(value)


class OpThreads:
    """Daemon threads that are started as they are needed, at most `count` that work for somebody.

    What takes longer than its time is given up, and its thread is no longer counted: Python cannot end it, but it ends
    by itself once the work does, and another takes its place meanwhile.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name = name
        self._count = count
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._alive = self._wanted = 0
        self.stuck = 0

    def submit(self, work: Callable[[], Any]) -> asyncio.Future[Any]:
        """Return what `work` will return in a thread; a caller who waits no longer does not end it."""
        return self._begin(work).future

    async def run(self, work: Callable[[], Any], timeout_s: float | None = None) -> Any:
        """Return what `work` returns in a thread, or raise what it raises; TimeoutError where it takes too long."""
        job = self._begin(work)
        try:
            async with asyncio.timeout(timeout_s):
                return await job.future
        except (TimeoutError, asyncio.CancelledError):
            self._give_up(job)
            raise

    def stop(self) -> None:
        """Let the threads end once they have nothing to do."""
        for _ in range(self._alive):
            self._jobs.put(None)

    def _begin(self, work: Callable[[], Any]) -> _Job:
        job = _Job(work, asyncio.get_running_loop())
        with self._lock:
            self._wanted += 1
            self._start()
        self._jobs.put(job)
        return job

    def _start(self) -> None:
        if self._alive < min(self._count, self._wanted):
            self._alive += 1
            threading.Thread(target=self._main, name=f"op-{self._name}", daemon=True).start()

    def _give_up(self, job: _Job) -> None:
        with self._lock:
            if job.state is _State.OVER:
                return
            if job.state is _State.RUNNING:
                self.stuck += 1
                self._alive -= 1
            job.state = _State.GIVEN_UP
            self._wanted -= 1
            self._start()

    def _main(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._lock:
                if job.state is _State.GIVEN_UP:  # before it began
                    continue
                job.state = _State.RUNNING
            job.execute()
            with self._lock:
                if job.state is _State.GIVEN_UP:  # another took this thread's place
                    self.stuck -= 1
                    return
                job.state = _State.OVER
                self._wanted -= 1
        with self._lock:
            self._alive -= 1
