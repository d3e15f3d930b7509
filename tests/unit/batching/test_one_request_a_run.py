import asyncio

import pytest

from serving_kit.batching.run import Run
from serving_kit.batching.scheduler import Scheduler
from serving_kit.errors import Internal, Overloaded, Unavailable
from tests.unit.batching.engines import DoublingEngine, rows
from tests.unit.batching.loop import on_loop


@on_loop
async def test_each_thread_runs_its_own_clone_made_when_first_needed() -> None:
    engine = DoublingEngine()
    runs: list[tuple[float, int]] = []
    pool = Scheduler(engine, threads=3, short_s=0, on_run=lambda *run: runs.append(run))
    assert engine.clones == []
    futures = [pool.submit(rows(value)) for value in range(12)]
    engine.gate.set()
    assert [(await future)["y"].array.item() for future in futures] == [2 * value for value in range(12)]
    await asyncio.to_thread(pool.close)
    assert len(set(engine.clones)) == len(engine.clones) <= 3
    assert [requests for _, requests in runs] == [1] * 12


@on_loop
async def test_a_failing_run_fails_its_own_request_only() -> None:
    engine = DoublingEngine()
    engine.gate.set()
    pool = Scheduler(engine, threads=1)
    failing, good = pool.submit(rows(13)), pool.submit(rows(1))
    with pytest.raises(Internal, match="thirteen"):
        await failing
    assert (await good)["y"].array.item() == 2
    await asyncio.to_thread(pool.close)


@on_loop
async def test_the_queue_is_bounded_and_a_cancelled_request_frees_its_place() -> None:
    engine = DoublingEngine()
    pool = Scheduler(engine, threads=1, queue_limit=2)
    running = pool.submit(rows(1))
    await asyncio.to_thread(engine.running.wait, 20)
    waiting = pool.submit(rows(2))
    with pytest.raises(Overloaded, match="2 requests"):
        pool.submit(rows(3))
    assert waiting.cancel()
    replacement = pool.submit(rows(4))
    engine.gate.set()
    assert (await running)["y"].array.item() == 2
    assert (await replacement)["y"].array.item() == 8
    await asyncio.to_thread(pool.close)
    assert engine.runs == [1, 1]


@on_loop
async def test_a_closed_pool_refuses_and_keeps_no_place() -> None:
    pool = Scheduler(DoublingEngine(), threads=1, queue_limit=1)
    pool.close()
    for _ in range(3):
        with pytest.raises(Unavailable, match="stopping"):
            pool.submit(rows(1))


@pytest.mark.parametrize(("cpu_s", "busy_s"), [(0.009, 0.009), (0.004, 0.004), (0.0001, 0.010)])
def test_a_run_is_measured_in_cpu_time_unless_the_engine_computes_elsewhere(cpu_s: float, busy_s: float) -> None:
    run = Run([], may_merge=False)
    run.duration_s, run.cpu_s = 0.010, cpu_s
    assert run.busy_s == busy_s
