"""One model's scheduler: what is asked in one turn of the event loop may share a run, here or on an engine's thread."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping

from serving_kit.batching.admission import Admission
from serving_kit.batching.cost import RunCosts
from serving_kit.batching.deadline import Deadlines
from serving_kit.batching.executor import NO_DEMAND, Demand, Outputs
from serving_kit.batching.inline import CORES, SHORT_S, InlineRuns
from serving_kit.batching.job import Job
from serving_kit.batching.mates import gather
from serving_kit.batching.merge import can_merge, instances
from serving_kit.batching.padding import Padding
from serving_kit.batching.parts import Parts, cut
from serving_kit.batching.patience import Patience
from serving_kit.batching.queue import JobQueue
from serving_kit.batching.run import Run
from serving_kit.batching.threads import EngineThreads
from serving_kit.errors import Unavailable
from serving_kit.runtime.engine import Engine
from serving_kit.types import Tensor

log = logging.getLogger(__name__)

OnRun = Callable[[float, int], None]
"""Told, on the loop's thread, of each engine run: its duration in seconds, and how many requests it answers."""

_TURN_S = 0.0005  # of the loop's time, after which other connections and models have their turn


class Scheduler:
    """Runs requests on `threads` clones of an engine, merged into runs of at most `max_batch` instances.

    Everything but the engine's runs happens on the event loop's thread. A request waits for the end of the loop's turn,
    so that whatever was read in that turn can share its run, and never for a timer unless `delay_s` allows it; while
    all threads run, requests gather. A run measured to be shorter than `short_s` happens on the loop's own thread.
    Requests of one shape share a run, with `padding` those of different shapes too.
    With `max_batch` 1 (Paddle Serving's sync mode, `--thread`) every request runs by itself. A request larger than
    `max_batch` does so too, unless it `splits`: then it is cut into several runs.

    A request that is given up or fails leaves its batch mates unharmed. At most `queue_limit` requests may be
    `unanswered`; the next one is Overloaded, and so is one whose deadline would pass while it waits.
    """

    def __init__(
        self,
        engine: Engine,
        threads: int = 1,
        max_batch: int = 1,
        *,
        queue_limit: int = 1024,
        delay_s: float = 0.0,
        splits: bool = False,
        padding: Padding | None = None,
        short_s: float = SHORT_S,
        on_run: OnRun = lambda _duration_s, _requests: None,
    ) -> None:
        self._threads = EngineThreads(engine, threads, self._ended)
        self.costs = RunCosts()
        self._inline = InlineRuns(self.costs, short_s)
        self._inline_engine: Engine | None = None
        self._patience = Patience(delay_s)
        self._queue = JobQueue()
        self.deadlines = Deadlines()
        self._admission = Admission(queue_limit, min(threads, CORES), self.costs)
        self._max_batch = max_batch
        self._may_merge = max_batch > 1 and can_merge(engine.inputs, engine.outputs)
        self._splits = splits
        self._padding = padding
        self._on_run = on_run
        self._loop: asyncio.AbstractEventLoop | None = None
        self.unanswered = 0
        self._turn_is_due = False
        self._wake: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._drained = threading.Event()

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:
        """Queue one request; it runs at the end of this turn of the loop at the earliest."""
        if self._is_closed:
            raise Unavailable("this server is stopping; ask another one")
        loop = self._loop
        if loop is None or loop.is_closed():  # to ask which loop runs is a system call
            loop = self._bind(asyncio.get_running_loop())
        self._admission.check_room(self.unanswered)
        if demand.deadline_at is not None:
            self._admission.check_time(demand, loop.time(), self._queue.ahead(demand.priority))
        if self._splits and self._may_merge and (count := instances(feeds) or 0) > self._max_batch:
            return self._submit_parts(feeds, count, demand, loop)
        return self._enqueue(feeds, demand, loop)

    def check_room(self) -> None:
        """Raise Overloaded where the queue is full."""
        self._admission.check_room(self.unanswered)

    def _enqueue(self, feeds: Mapping[str, Tensor], demand: Demand, loop: asyncio.AbstractEventLoop) -> Job:
        job = Job(feeds, demand, self, loop)
        if demand.deadline_at is not None:
            self.deadlines.watch(job, demand.deadline_at)
        self.unanswered += 1
        self._queue.push(job)
        if not self._turn_is_due:
            self._turn_is_due = True
            loop.call_soon(self._turn, loop)
        return job

    def _submit_parts(
        self, feeds: Mapping[str, Tensor], count: int, demand: Demand, loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[Outputs]:
        whole: asyncio.Future[Outputs] = loop.create_future()
        self.unanswered += 1
        whole.add_done_callback(lambda _: self._answered(1))
        jobs = [self._enqueue(part, demand, loop) for part in cut(feeds, count, self._max_batch)]
        Parts(whole, jobs, lambda: self._enqueue(feeds, demand, loop))
        return whole

    def given_up(self, job: Job) -> None:
        """Take a job out of those that wait."""
        self._queue.take(job)
        job.feeds = {}
        self._answered(1)

    def close(self) -> None:
        """Finish what was accepted, refuse what comes after, and end the threads.

        Waits, so it is called from another thread than that of a running event loop, or when nothing is unanswered.
        """
        self._is_closed = True
        loop = self._loop
        if loop is not None and self.unanswered:
            loop.call_soon_threadsafe(self._answered, 0)
            while not self._drained.wait(0.5) and loop.is_running():
                pass
        self._threads.stop()

    def _bind(self, loop: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
        """Serve this loop from now on; of the one before, which is closed, nobody waits for anything."""
        self._loop = loop
        self._queue, self.unanswered = JobQueue(), self._threads.jobs
        self.deadlines.clear()
        self._turn_is_due, self._wake = False, None
        self._threads.bind(loop)
        return loop

    def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start what can be run now."""
        self._turn_is_due = False
        if len(self.deadlines):
            self.deadlines.expire(loop.time())
        spent_s = 0.0
        while (head := self._queue.head()) is not None:
            is_idle = self._threads.running < self._threads.limit
            most_here = self._inline.most
            if not (is_idle or most_here) or (self._patience.delay_s and self._waits(loop)):
                return
            jobs = self._jobs(head, spread=not most_here)
            run = Run(jobs, may_merge=self._may_merge, padding=self._padding)
            if 0 < run.instances <= most_here:
                self._take(jobs)
                spent_s += self._run_here(run)
                if spent_s > _TURN_S and self._queue.size:
                    self._turn_is_due = True
                    loop.call_soon(self._turn, loop)
                    return
            elif is_idle:
                self._take(jobs)
                self._threads.start(run)
            else:
                return

    def _waits(self, loop: asyncio.AbstractEventLoop) -> bool:
        if not self._may_merge:
            return False
        until = self._patience.wait_until(loop.time(), self.unanswered, self._max_batch)
        if until is not None and self._wake is None:
            self._wake = loop.call_at(until, self._woken, loop)
        return until is not None

    def _woken(self, loop: asyncio.AbstractEventLoop) -> None:
        self._wake = None
        self._turn(loop)

    def _jobs(self, head: Job, *, spread: bool) -> list[Job]:
        """Choose the jobs of the next run; `spread` leaves some for the other idle threads that have a core."""
        if not self._may_merge or not head.instances or self._queue.size == 1:
            return [head]
        waiting = self._queue.size
        idle = min(self._threads.limit, CORES) - self._threads.running
        if spread and idle > 1:
            waiting = -(-waiting // idle)
        room = self.costs.most(min(waiting, self._max_batch))
        if self._padding:  # an engine prepares itself for each new shape, and padding makes many: keep them few
            room = 1 << (room.bit_length() - 1)
        return gather(head, self._queue.waiting(), room, self._padding)

    def _take(self, jobs: list[Job]) -> None:
        if self._patience.delay_s:
            self._patience.saw(self.unanswered)
        for job in jobs:
            self._queue.take(job)

    def _run_here(self, run: Run) -> float:
        if self._inline_engine is None:
            self._inline_engine = self._threads.clone()
        run.execute(self._inline_engine, watches_cpu=self._inline.watches_cpu)
        self._inline.ran(run.duration_s, run.cpu_s)
        self._learn(run)
        return run.duration_s

    def _ended(self, runs: list[Run]) -> None:
        """Answer the jobs of runs that ended in threads, and give the threads their next."""
        for run in runs:
            self._inline.ran_in_thread()
            self._learn(run)
        if self._loop is not None and self._queue.size:
            self._turn(self._loop)

    def _learn(self, run: Run) -> None:
        for duration_s, requests in run.engine_s:
            self._on_run(duration_s, requests)
        if run.succeeded and run.instances:
            self.costs.record(run.instances, run.busy_s, run.size, run.duration_s)
        if self._may_merge and not run.came_apart:
            log.warning("this model does not answer one entry an instance; its requests are not merged from now on")
            self._may_merge = False
        for job, result in zip(run.jobs, run.results, strict=True):
            job.answer(result)
        self._answered(run.size)

    def _answered(self, count: int) -> None:
        self.unanswered -= count
        if self._is_closed and not self.unanswered:
            self._drained.set()
