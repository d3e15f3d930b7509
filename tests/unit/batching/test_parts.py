import asyncio

import numpy as np
import pytest

from serving_kit.batching.parts import cut
from serving_kit.batching.scheduler import Scheduler
from serving_kit.errors import Internal
from serving_kit.types import Tensor
from tests.unit.batching.engines import CountingEngine, DoublingEngine, rows
from tests.unit.batching.loop import held, on_loop


def parted(engine: DoublingEngine, **settings: int) -> Scheduler:
    return Scheduler(engine, max_batch=4, splits=True, **settings)


def test_parts_are_as_even_as_they_can_be() -> None:
    assert [len(part["x"].array) for part in cut(rows(*range(10)), 10, 4)] == [3, 3, 4]
    words = {"w": Tensor(np.arange(6).reshape(6, 1), (0, 1, 3, 6))}
    assert [part["w"].lod for part in cut(words, 3, 2)] == [(0, 1), (0, 2, 5)]


@on_loop
async def test_a_large_request_is_cut_and_its_answer_put_together() -> None:
    engine = DoublingEngine()
    engine.gate.set()
    scheduler = parted(engine, threads=2)
    answer = await scheduler.submit(rows(*range(10)))
    assert answer["y"].array.ravel().tolist() == [2 * value for value in range(10)]
    assert sorted(engine.runs) == [3, 3, 4]
    assert len((await scheduler.submit(rows(1, 2, 3, 4)))["y"].array) == 4
    await asyncio.to_thread(scheduler.close)
    assert scheduler.unanswered == 0


@on_loop
async def test_a_part_that_fails_is_the_failure_of_all() -> None:
    engine = DoublingEngine()
    engine.gate.set()
    scheduler = parted(engine)
    with pytest.raises(Internal, match="thirteen"):
        await scheduler.submit(rows(*range(20)))
    await asyncio.to_thread(scheduler.close)
    assert scheduler.unanswered == 0


@on_loop
async def test_a_large_request_that_is_given_up_takes_its_parts_along() -> None:
    engine = DoublingEngine()
    scheduler = parted(engine)
    async with held(engine, scheduler):
        large, small = scheduler.submit(rows(*range(20))), scheduler.submit(rows(5))
        large.cancel()
        await asyncio.sleep(0)
        engine.gate.set()
        assert (await small)["y"].array.tolist() == [[10]]
    assert engine.runs == [1, 1]


@on_loop
async def test_a_model_whose_answers_cannot_be_put_together_is_asked_once_more() -> None:
    engine = CountingEngine()
    engine.gate.set()
    scheduler = parted(engine)
    assert (await scheduler.submit(rows(*range(10))))["y"].array.tolist() == [[45]]
    assert (await scheduler.submit(rows(*range(5))))["y"].array.tolist() == [[10]]
    await asyncio.to_thread(scheduler.close)
    assert engine.runs[-2:] == [10, 5]
