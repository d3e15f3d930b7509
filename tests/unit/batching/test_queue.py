import asyncio

from serving_kit.batching.executor import Demand
from serving_kit.batching.job import Job
from serving_kit.batching.queue import JobQueue
from serving_kit.batching.scheduler import Scheduler
from tests.unit.batching.engines import DoublingEngine, rows
from tests.unit.batching.loop import held, on_loop


class Owner:
    def __init__(self, queue: JobQueue) -> None:
        self.queue = queue

    def given_up(self, job: Job) -> None:
        self.queue.take(job)


def filled(*priorities: int) -> tuple[JobQueue, list[Job]]:
    queue = JobQueue()
    loop = asyncio.get_running_loop()
    jobs = [Job(rows(1), Demand(priority=priority), Owner(queue), loop) for priority in priorities]
    for job in jobs:
        queue.push(job)
    return queue, jobs


@on_loop
async def test_the_highest_priority_goes_first_and_then_the_oldest() -> None:
    queue, jobs = filled(0, 1, 0, 1, -1)
    assert list(queue.waiting()) == [jobs[index] for index in (1, 3, 0, 2, 4)]
    assert [queue.ahead(priority) for priority in (2, 1, 0, -1)] == [0, 2, 4, 5]


@on_loop
async def test_what_is_taken_or_given_up_is_passed_over() -> None:
    queue, jobs = filled(0, 0, 0)
    jobs[0].cancel()
    queue.take(jobs[1])
    assert (queue.head(), queue.size) == (jobs[2], 1)
    jobs[2].cancel()
    assert (queue.head(), queue.size) == (None, 0)
    assert list(queue.waiting()) == []


@on_loop
async def test_an_urgent_request_overtakes_those_that_wait() -> None:
    engine = DoublingEngine()
    scheduler = Scheduler(engine)
    order: list[float] = []
    async with held(engine, scheduler):
        for value, priority in ((1, 0), (2, 0), (3, 5)):
            future = scheduler.submit(rows(value), Demand(priority=priority))
            future.add_done_callback(lambda done: order.append(done.result()["y"].array.item()))
        engine.gate.set()
        await asyncio.wait([future])
        await scheduler.submit(rows(4))
    assert order == [6, 2, 4]
