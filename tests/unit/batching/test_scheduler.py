import asyncio

import numpy as np
import pytest

from serving_kit.batching.scheduler import Scheduler
from serving_kit.errors import Internal, Overloaded, Unavailable
from serving_kit.types import Tensor
from tests.unit.batching.engines import CountingEngine, DoublingEngine, NonsenseEngine, rows
from tests.unit.batching.loop import held, on_loop


def one_thread(engine: DoublingEngine) -> Scheduler:
    return Scheduler(engine, threads=1, max_batch=4, queue_limit=6)


@on_loop
async def test_a_cancelled_member_leaves_its_batch_mates_unharmed() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        before, cancelled, after = (executor.submit(rows(value)) for value in (1, 2, 3))
        assert cancelled.cancel()
        engine.gate.set()
        assert (await before)["y"].array.tolist() == [[2]]
        assert (await after)["y"].array.tolist() == [[6]]
        assert engine.runs == [1, 2]


@on_loop
async def test_a_failing_member_leaves_its_batch_mates_unharmed() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        before, failing, after = (executor.submit(rows(value)) for value in (1, 13, 3))
        engine.gate.set()
        assert (await before)["y"].array.tolist() == [[2]]
        assert (await after)["y"].array.tolist() == [[6]]
        with pytest.raises(Internal, match=r"failed on this input: thirteen is not served$"):
            await failing


@on_loop
async def test_a_batch_of_cancelled_members_does_not_stop_the_thread() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        assert executor.submit(rows(1)).cancel()
        engine.gate.set()
        assert (await executor.submit(rows(2)))["y"].array.tolist() == [[4]]


@on_loop
async def test_waiting_requests_share_a_run_up_to_the_maximum() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        futures = [executor.submit(rows(*values)) for values in ([1, 2], [3], [4, 5], [6])]
        engine.gate.set()
        assert [(await future)["y"].array.ravel().tolist() for future in futures] == [[2, 4], [6], [8, 10], [12]]
        assert engine.runs == [1, 4, 2]


@on_loop
async def test_a_request_over_the_maximum_runs_alone() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        large, small = executor.submit(rows(*range(6))), executor.submit(rows(7))
        engine.gate.set()
        assert len((await large)["y"].array) == 6
        assert (await small)["y"].array.tolist() == [[14]]
        assert engine.runs == [1, 6, 1]


@on_loop
async def test_different_shapes_do_not_share_a_run() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        narrow = executor.submit(rows(1))
        wide = executor.submit({"x": Tensor(np.ones((1, 3), np.float32))})
        engine.gate.set()
        assert ((await narrow)["y"].array.shape, (await wide)["y"].array.shape) == ((1, 1), (1, 3))
        assert engine.runs == [1, 1, 1]


@on_loop
async def test_the_queue_is_bounded_and_recovers() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        waiting = [executor.submit(rows(value)) for value in range(5)]
        with pytest.raises(Overloaded, match="6 requests"):
            executor.submit(rows(9))
        engine.gate.set()
        for future in waiting:
            await future
        assert (await executor.submit(rows(9)))["y"].array.tolist() == [[18]]


@on_loop
async def test_closing_finishes_what_was_accepted_and_refuses_the_rest() -> None:
    engine = DoublingEngine()
    executor = one_thread(engine)
    async with held(engine, executor):
        accepted = executor.submit(rows(1))
        engine.gate.set()
        await asyncio.to_thread(executor.close)
        await accepted
        with pytest.raises(Unavailable, match="stopping"):
            executor.submit(rows(2))


@on_loop
async def test_a_model_whose_answers_cannot_be_taken_apart_is_not_merged() -> None:
    engine = CountingEngine()
    executor = Scheduler(engine, threads=1, max_batch=8)
    first = executor.submit(rows(1, 2))
    await asyncio.to_thread(engine.running.wait, 20)
    futures = [executor.submit(rows(value)) for value in (1, 2, 3)]
    engine.gate.set()
    assert (await first)["y"].array.tolist() == [[3]]
    assert [(await future)["y"].array.tolist() for future in futures] == [[[1]], [[2]], [[3]]]
    assert engine.runs == [2, 1, 1, 1]
    await asyncio.to_thread(executor.close)


@on_loop
async def test_a_model_with_a_fixed_output_is_never_merged() -> None:
    engine = DoublingEngine(output_shape=(4, 1))
    executor = Scheduler(engine, threads=1, max_batch=8)
    futures = [executor.submit(rows(value)) for value in (1, 2, 3)]
    engine.gate.set()
    for future in futures:
        await future
    assert engine.runs == [1, 1, 1]
    await asyncio.to_thread(executor.close)


@on_loop
async def test_an_answer_that_is_no_tensor_fails_its_requests_and_not_the_thread() -> None:
    engine = NonsenseEngine()
    executor = Scheduler(engine, threads=1, max_batch=8)
    futures = [executor.submit(rows(value)) for value in (1, 2, 3)]
    engine.gate.set()
    for future in futures:
        with pytest.raises(Internal, match="makes no sense"):
            await future
    await asyncio.to_thread(executor.close)


@on_loop
async def test_with_a_delay_one_of_a_crowd_waits_for_the_others_and_a_lone_request_for_nobody() -> None:
    engine = DoublingEngine()
    engine.gate.set()
    executor = Scheduler(engine, max_batch=8, delay_s=10)
    await executor.submit(rows(1))
    await asyncio.gather(*(executor.submit(rows(value)) for value in (1, 2, 3)))
    first = executor.submit(rows(1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert engine.runs == [1, 3]
    await asyncio.gather(first, *(executor.submit(rows(value)) for value in (2, 3)))
    assert engine.runs == [1, 3, 3]
    await asyncio.to_thread(executor.close)
