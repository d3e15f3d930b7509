"""Threads that each hold their own clone of an engine, and a bound on what may wait for them."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from serving_kit.batching.executor import Outputs
from serving_kit.errors import Internal, Overloaded, ServingKitError
from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor

OnRun = Callable[[float, int], None]
"""Told of each engine run: its duration in seconds, and how many requests it answers."""

log = logging.getLogger(__name__)
T = TypeVar("T")


def ignore_run(_duration_s: float, _requests: int) -> None:
    """Do nothing with what is told of an engine run."""


class Clones:
    """Clones of one engine, one a thread, made when a thread first runs.

    The engine given is only cloned, never run: Paddle's predictors must not be cloned while they run.
    """

    def __init__(self, engine: Engine, threads: int, on_run: OnRun = ignore_run) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="engine")
        self._engine = engine
        self._on_run = on_run
        self._lock = threading.Lock()
        self._mine = threading.local()

    def run(self, feeds: Mapping[str, Tensor], requests: int = 1) -> Outputs:
        """Run the feeds of so many requests on the calling thread's clone; Internal where the engine fails."""
        if not hasattr(self._mine, "engine"):
            with self._lock:
                self._mine.engine = self._engine.clone()
        engine: Engine = self._mine.engine
        started = time.perf_counter()
        try:
            return engine.run(feeds)
        except ServingKitError:
            raise
        except Exception as error:
            log.exception("the engine failed")
            raise Internal(f"the engine failed on this input: {first_line(error)}") from error
        finally:
            self._on_run(time.perf_counter() - started, requests)

    def close(self) -> None:
        """Finish what was accepted and end the threads."""
        self.pool.shutdown(wait=True)


class Slots:
    """Counts requests that are accepted and not yet answered."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._free = threading.Semaphore(limit)

    def take(self) -> None:
        """Take one slot without waiting; Overloaded names the limit where none is free."""
        if not self._free.acquire(blocking=False):
            raise Overloaded(f"{self._limit} requests are already waiting for this model; try again later")

    def give_back(self, _finished: object = None) -> None:
        """Give one slot back."""
        self._free.release()


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its type where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
