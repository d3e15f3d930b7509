import asyncio
from collections.abc import Mapping

import numpy as np
import pytest

from serving_kit.batching.cache import ResponseCache
from serving_kit.batching.cached import CachedExecutor
from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.errors import Internal
from serving_kit.types import Tensor
from tests.unit.batching.engines import rows
from tests.unit.batching.loop import on_loop

SOON, LATER = Demand(deadline_at=10), Demand(deadline_at=20)


class Runs:
    """An executor whose runs the test ends; `looks` holds what was told of each request."""

    def __init__(self) -> None:
        self.runs: list[asyncio.Future[Outputs]] = []
        self.looks: list[bool] = []
        self.at_once: Outputs | None = None

    def check_room(self) -> None: ...

    def submit(self, _feeds: Mapping[str, Tensor], _demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:
        run = asyncio.get_running_loop().create_future()
        if self.at_once is not None:
            run.set_result(self.at_once)
        self.runs.append(run)
        return run

    def close(self) -> None:
        raise NotImplementedError

    def cached(self, cache: ResponseCache | None = None) -> CachedExecutor:
        return CachedExecutor(self, cache or ResponseCache(1 << 20), self.looks.append)


def answer(value: float) -> Outputs:
    return {"y": Tensor(np.array([value]))}


def value_of(outputs: Outputs) -> float:
    return float(outputs["y"].array.item())


@on_loop
async def test_a_repeated_request_is_answered_without_a_run() -> None:
    engine = Runs()
    executor = engine.cached()
    for value in (1, 2):
        waiting = executor.submit(rows(value))
        engine.runs[-1].set_result(answer(value))
        assert value_of(await waiting) == value
    again = [executor.submit(rows(value)) for value in (2, 1)]
    assert all(future.done() for future in again)
    assert [value_of(await future) for future in again] == [2, 1]
    assert engine.looks == [False, False, True, True]


@on_loop
async def test_what_the_executor_answers_at_once_is_handed_on_at_once_and_kept() -> None:
    engine = Runs()
    engine.at_once = answer(1)
    executor = engine.cached()
    assert executor.submit(rows(1)).done()
    assert value_of(await executor.submit(rows(1))) == 1
    assert len(engine.runs) == 1


@on_loop
async def test_equal_requests_that_wait_together_share_a_run() -> None:
    engine = Runs()
    executor = engine.cached()
    waiting = [executor.submit(rows(1)) for _ in range(3)]
    other = executor.submit(rows(2))
    assert len(engine.runs) == 2
    engine.runs[0].set_result(answer(1))
    assert [value_of(outputs) for outputs in await asyncio.gather(*waiting)] == [1, 1, 1]
    assert engine.looks == [False, True, True, False]
    assert not other.done()


@on_loop
async def test_one_that_is_cancelled_leaves_the_others_their_run() -> None:
    engine = Runs()
    executor = engine.cached()
    first, second = executor.submit(rows(1)), executor.submit(rows(1))
    assert first.cancel()
    await asyncio.sleep(0)
    assert not engine.runs[0].done()
    engine.runs[0].set_result(answer(1))
    assert value_of(await second) == 1


@on_loop
async def test_the_last_one_cancelled_takes_the_run_with_it_and_the_next_one_runs_anew() -> None:
    engine = Runs()
    executor = engine.cached()
    for future in (executor.submit(rows(1)), executor.submit(rows(1))):
        future.cancel()
    await asyncio.sleep(0)
    assert engine.runs[0].cancelled()
    again = executor.submit(rows(1))
    assert len(engine.runs) == 2
    engine.runs[1].set_result(answer(1))
    assert value_of(await again) == 1


@on_loop
async def test_a_failure_is_everybodys_who_waited_and_is_not_kept() -> None:
    engine = Runs()
    executor = engine.cached()
    waiting = [executor.submit(rows(13)) for _ in range(2)]
    engine.runs[0].set_exception(Internal("thirteen"))
    for future in waiting:
        with pytest.raises(Internal, match="thirteen"):
            await future
    executor.submit(rows(13))
    assert len(engine.runs) == 2


@on_loop
async def test_a_model_that_is_loaded_again_never_answers_what_the_one_before_it_did() -> None:
    engine, cache = Runs(), ResponseCache(1 << 20)
    before = engine.cached(cache)
    late = before.submit(rows(1))
    after = engine.cached(cache)
    new = after.submit(rows(1))
    engine.runs[0].set_result(answer(-1))
    assert value_of(await late) == -1
    engine.runs[1].set_result(answer(1))
    assert value_of(await new) == 1
    assert value_of(await after.submit(rows(1))) == 1


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (NO_DEMAND, SOON, True),
        (LATER, SOON, True),
        (SOON, LATER, False),
        (SOON, NO_DEMAND, False),
        (Demand(priority=1), NO_DEMAND, True),
        (NO_DEMAND, Demand(priority=1), False),
    ],
)
@on_loop
async def test_a_run_is_shared_by_those_that_it_cannot_fail(first: Demand, second: Demand, shared: bool) -> None:
    engine = Runs()
    executor = engine.cached()
    waiting = [executor.submit(rows(1), first), executor.submit(rows(1), second)]
    assert len(engine.runs) == (1 if shared else 2)
    for run in engine.runs:
        run.set_result(answer(1))
    assert [value_of(outputs) for outputs in await asyncio.gather(*waiting)] == [1, 1]
