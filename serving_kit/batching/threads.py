"""Threads that each hold their own clone of an engine and hand their results back to the event loop in groups."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from serving_kit.batching.run import Run, first_line
from serving_kit.errors import Internal
from serving_kit.runtime.engine import Engine


class EngineThreads:
    """At most `limit` threads, each started when there is more to run than threads are idle.

    The engine given is only cloned, never run: Paddle's predictors must not be cloned while they run. The
    runs that end while the loop is busy elsewhere come back to it through one wake-up, in one call of `deliver`; until
    then `running` counts them, and `jobs` their jobs.
    """

    def __init__(self, engine: Engine, limit: int, deliver: Callable[[list[Run]], None]) -> None:
        self.running = 0
        self.jobs = 0
        self.limit = limit
        self._engine = engine
        self._deliver = deliver
        self._work: SimpleQueue[Run | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._ended: deque[Run] = deque()
        self._is_told = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand results to this loop from now on, and those that found no loop."""
        self._loop = loop
        if self._ended:
            loop.call_soon(self._collect)

    def start(self, run: Run) -> None:
        """Execute a run on an idle thread; the caller sees to it that there is one (`running` below `limit`)."""
        self.running += 1
        self.jobs += run.size
        self._work.put(run)
        if self.running > len(self._threads):
            thread = threading.Thread(target=self._main, name=f"engine-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def clone(self) -> Engine:
        """Return a clone for the caller's own use."""
        return self._engine.clone()

    def stop(self) -> None:
        """Let the threads finish what they run and wait for their end."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join()

    def _main(self) -> None:
        engine: Engine | None = None
        while (run := self._work.get()) is not None:
            try:
                engine = engine or self.clone()
                run.execute(engine)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the requests must hear of it
                run.fail(Internal(f"the engine cannot be used: {first_line(error)}"))
            self._ended.append(run)
            self._tell()

    def _tell(self) -> None:
        if self._is_told or self._loop is None:
            return
        self._is_told = True
        try:
            self._loop.call_soon_threadsafe(self._collect)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._is_told = False

    def _collect(self) -> None:
        self._is_told = False  # before looking: whoever comes later tells again
        runs = []
        while self._ended:
            runs.append(self._ended.popleft())
        self.running -= len(runs)
        self.jobs -= sum(run.size for run in runs)
        self._deliver(runs)
