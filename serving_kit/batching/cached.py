"""An executor that need not run what it has answered before, or is just about to answer."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from functools import partial

from serving_kit.batching.cache import ResponseCache
from serving_kit.batching.executor import NO_DEMAND, Demand, Executor, Outputs
from serving_kit.types import Tensor

Answer = asyncio.Future[Outputs]
OnLook = Callable[[bool], None]
"""Told of each request whether it was answered without a run of its own."""


class CachedExecutor:
    """Answers from a cache, which several models may share, before it asks the executor of one loaded model.

    Each has keys of its own: a model that is loaded again never answers what the one before it did, even where that
    one still runs. Equal requests that wait at the same time share one run, which is cancelled with the last of them.
    """

    def __init__(self, executor: Executor, cache: ResponseCache, on_look: OnLook = lambda _: None) -> None:
        self._executor = executor
        self._cache = cache
        self._on_look = on_look
        self._owner = secrets.token_bytes(16)
        self._flights: dict[bytes, _Flight] = {}

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> Answer:
        """Return the kept answer at once, or run the request, unless an equal one runs, and keep its answer."""
        key = self._cache.key(self._owner, feeds)
        kept = self._cache.get(key)
        flight = self._flights.get(key)
        is_known = kept is not None or (flight is not None and flight.serves(demand))
        self._on_look(is_known)
        if kept is not None:
            answer: Answer = asyncio.get_running_loop().create_future()
            answer.set_result(kept)
            return answer
        if is_known and flight is not None:
            return self._join(key, flight)
        run = self._executor.submit(feeds, demand)
        if run.done() or flight is not None:
            self._keep_when_done(key, run)
            return run
        flight = self._flights[key] = _Flight(run, demand)
        run.add_done_callback(partial(self._land, key, flight))
        return self._join(key, flight)

    def check_room(self) -> None:
        """Take every request: its answer may be known."""

    def close(self) -> None:
        """Close the executor."""
        self._executor.close()

    def _join(self, key: bytes, flight: "_Flight") -> Answer:
        answer: Answer = asyncio.get_running_loop().create_future()
        flight.waiting.append(answer)
        answer.add_done_callback(partial(self._leave, key, flight))
        return answer

    def _leave(self, key: bytes, flight: "_Flight", answer: Answer) -> None:
        if answer.cancelled() and not flight.run.done() and all(other.done() for other in flight.waiting):
            self._flights.pop(key, None)  # before it is cancelled, so that nobody joins it
            flight.run.cancel()

    def _land(self, key: bytes, flight: "_Flight", run: Answer) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        self._keep(key, run)
        for answer in flight.waiting:
            if answer.done():
                continue
            if run.cancelled():
                answer.cancel()
            elif error := run.exception():
                answer.set_exception(error)
            else:
                answer.set_result(run.result())

    def _keep_when_done(self, key: bytes, run: Answer) -> None:
        if run.done():
            self._keep(key, run)
        else:
            run.add_done_callback(partial(self._keep, key))

    def _keep(self, key: bytes, run: Answer) -> None:
        if not run.cancelled() and run.exception() is None:
            self._cache.put(key, run.result())


class _Flight:
    """One run, and everybody who waits for it."""

    def __init__(self, run: Answer, demand: Demand) -> None:
        self.run = run
        self.waiting: list[Answer] = []
        self._demand = demand

    def serves(self, demand: Demand) -> bool:
        """Tell whether this run comes as soon as that demand asks, and is not given up before its deadline."""
        given_up_at, wanted_until = self._demand.deadline_at, demand.deadline_at
        lives_long_enough = given_up_at is None or (wanted_until is not None and wanted_until <= given_up_at)
        return lives_long_enough and self._demand.priority >= demand.priority
