import asyncio

import pytest

from serving_kit.batching.deadline import Deadlines
from serving_kit.batching.executor import Demand
from serving_kit.batching.job import Job
from serving_kit.batching.scheduler import Scheduler
from serving_kit.errors import DeadlineExceeded, Overloaded
from tests.unit.batching.engines import DoublingEngine, rows
from tests.unit.batching.loop import held, on_loop


def in_s(seconds: float) -> Demand:
    return Demand(asyncio.get_running_loop().time() + seconds)


@on_loop
async def test_a_deadline_holds_for_what_waits_and_for_what_runs() -> None:
    engine = DoublingEngine()
    scheduler = Scheduler(engine)
    running = scheduler.submit(rows(1), in_s(60))
    assert await asyncio.to_thread(engine.running.wait, 20)
    waiting = scheduler.submit(rows(2), in_s(50))
    scheduler.deadlines.expire(asyncio.get_running_loop().time() + 55)
    with pytest.raises(DeadlineExceeded, match=r"^no answer within 50 s; allow more"):
        await waiting
    assert not running.done()
    scheduler.deadlines.expire(asyncio.get_running_loop().time() + 65)
    with pytest.raises(DeadlineExceeded, match="no answer within 60 s"):
        await running
    assert scheduler.unanswered == 1  # the run that nobody waits for any more
    engine.gate.set()
    assert (await scheduler.submit(rows(3), in_s(60)))["y"].array.tolist() == [[6]]
    await asyncio.to_thread(scheduler.close)
    assert engine.runs == [1, 1]


@on_loop
async def test_one_timer_watches_over_all_deadlines() -> None:
    engine = DoublingEngine()
    scheduler = Scheduler(engine)
    async with held(engine, scheduler):
        futures = [scheduler.submit(rows(1), in_s(seconds)) for seconds in (0.02, 0.01, 0.02)]
        for future in futures:
            with pytest.raises(DeadlineExceeded, match=r"within 0\.0[12] s"):
                await future


@on_loop
async def test_a_deadline_that_has_passed_already_costs_no_run() -> None:
    engine = DoublingEngine()
    scheduler = Scheduler(engine)
    with pytest.raises(DeadlineExceeded):
        await scheduler.submit(rows(1), in_s(-1))
    await asyncio.to_thread(scheduler.close)
    assert engine.runs == []


@on_loop
async def test_answered_requests_are_not_kept_until_their_deadlines() -> None:
    deadlines = Deadlines()
    loop = asyncio.get_running_loop()
    for _ in range(1000):
        job = Job(rows(1), in_s(3600), Scheduler(DoublingEngine()), loop)
        deadlines.watch(job, loop.time() + 3600)
        job.answer({})
    assert len(deadlines) <= 128
    deadlines.clear()


@on_loop
async def test_a_request_that_would_be_late_is_refused_at_once() -> None:
    engine = DoublingEngine()
    scheduler = Scheduler(engine)
    async with held(engine, scheduler):
        scheduler.costs.record(1, 2.0)
        futures = [scheduler.submit(rows(value), in_s(60)) for value in range(10)]
        with pytest.raises(Overloaded, match=r"the 10 requests before this one take about 20 s and it allows 5 s"):
            scheduler.submit(rows(1), in_s(5))
        urgent = scheduler.submit(rows(1), Demand(in_s(5).deadline_at, priority=1))
        patient = scheduler.submit(rows(1))
        engine.gate.set()
        await asyncio.gather(urgent, patient, *futures)
