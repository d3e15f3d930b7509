"""One op's place in a pipeline: requests wait here for a worker, and may share a batch."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from typing import TypeAlias

from serving_kit.errors import Internal, ServingKitError, Unavailable, unforeseen
from serving_kit.pipeline.flow import Answer, Values
from serving_kit.pipeline.measure import OpMeasure
from serving_kit.pipeline.sample import Sample
from serving_kit.pipeline.timing import Timing

log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Ticket:
    """One request at one op, to which it came at a moment of `time.monotonic`."""

    sample: Sample
    values: Values
    answer: asyncio.Future[Answer]
    came_at: float


Outcome: TypeAlias = Answer | ServingKitError


class Answers(list[Outcome]):
    """The answers of one batch, in the order of its requests, and what took how long."""

    def __init__(self, answers: Sequence[Outcome], timing: Timing) -> None:
        super().__init__(answers)
        self.timing = timing


Work = Callable[[Sequence[Ticket]], Awaitable[Sequence[Outcome]]]
"""Answers the tickets of one batch, each with an answer or with its own error, in their order; best with `Answers`."""


class BatchStage:
    """Gives tickets to `work`, at most `concurrency` batches at a time, in the order they came.

    A batch holds what waits, at most `batch_size` tickets; with `wait_s` the first of them waits so long for others
    where fewer are there. Up to `ahead` batches more are given before a worker is free, once they are full. At most
    `capacity` tickets wait for that (0: any number); who comes then waits for room first, so that a slow op holds up
    those before it. A ticket whose request is given up leaves the line, and a batch it is already in goes on without,
    or is cancelled with its last ticket where it `is_cancellable`.
    """

    def __init__(
        self,
        work: Work,
        *,
        name: str = "",
        measure: OpMeasure | None = None,
        concurrency: int = 1,
        batch_size: int = 1,
        wait_s: float = 0.0,
        capacity: int = 0,
        ahead: int = 0,
        is_cancellable: bool = False,
    ) -> None:
        self.measure = measure or OpMeasure()
        self._work = work
        self.capacity = capacity
        self._name = name
        self._concurrency = concurrency
        self._ahead = ahead
        self._is_cancellable = is_cancellable
        self._batch_size = batch_size
        self._wait_s = wait_s
        self._places = asyncio.Semaphore(capacity) if capacity else None
        self._line: deque[Ticket] = deque()
        self._running: dict[asyncio.Future[Sequence[Outcome]], Sequence[Ticket]] = {}  # in the order they began
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """How many tickets wait for a worker."""
        ahead = chain.from_iterable(islice(self._running.values(), self._concurrency, None))
        return len(self._line) + sum(not ticket.answer.done() for ticket in ahead)

    @property
    def running(self) -> int:
        """How many batches are being worked on."""
        return min(len(self._running), self._concurrency)

    async def ask(self, sample: Sample, values: Values) -> Answer:
        """Answer for one request; raises the ServingKitError that came instead."""
        if self._places:
            await self._places.acquire()
        loop = asyncio.get_running_loop()
        ticket = Ticket(sample, values, loop.create_future(), time.monotonic())
        if self._is_closed:
            self._leave()
            raise _closed()
        self._line.append(ticket)
        self._start(loop)
        try:
            return await ticket.answer
        except asyncio.CancelledError:
            if ticket in self._line:
                self._line.remove(ticket)
                self._leave()
            elif self._is_cancellable:
                self._cancel_unwanted()
            raise

    async def stop(self) -> None:
        """End what runs; whoever waits is told that the pipeline is closed."""
        self._is_closed = True
        if self._timer:
            self._timer.cancel()
        while self._line:
            _settle([self._line.popleft()], [_closed()])
            self._leave()
        running = list(self._running)
        for batch in running:
            batch.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _cancel_unwanted(self) -> None:
        for answered, batch in self._running.items():
            if all(ticket.answer.done() for ticket in batch):
                answered.cancel()

    def _leave(self) -> None:
        if self._places:
            self._places.release()

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._has_place() and not self._waits(loop):
            batch = [self._line.popleft() for _ in range(min(self._batch_size, len(self._line)))]
            for _ in batch:
                self._leave()
            if wanted := [ticket for ticket in batch if not ticket.answer.done()]:
                answered = asyncio.ensure_future(self._work(wanted), loop=loop)
                self._running[answered] = wanted
                answered.add_done_callback(partial(self._ended, time.monotonic()))

    def _has_place(self) -> bool:
        """Tell whether the first in the line may go: a whole batch, which grows no more, `ahead` of a free worker."""
        ahead = self._ahead if len(self._line) >= self._batch_size else 0
        return bool(self._line) and len(self._running) < self._concurrency + ahead

    def _waits(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Tell whether the first in the line still waits for others, and come back when it has waited enough."""
        if not self._wait_s or len(self._line) >= self._batch_size:
            return False
        until = self._line[0].came_at + self._wait_s
        left_s = until - time.monotonic()
        if left_s <= 0:
            return False
        if self._timer is None:
            self._timer = loop.call_later(left_s, self._woken, loop)
        return True

    def _woken(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        self._start(loop)

    def _ended(self, began_at: float, answered: asyncio.Future[Sequence[Outcome]]) -> None:
        """Hand on what a batch was answered, and begin the next."""
        batch = self._running.pop(answered)
        answers = self._told(batch, answered)
        _settle(batch, answers)
        self._note(batch, answers, began_at)
        self._start(answered.get_loop())

    def _told(self, batch: Sequence[Ticket], answered: asyncio.Future[Sequence[Outcome]]) -> Sequence[Outcome]:
        if answered.cancelled():  # the end of the pipeline, or nobody waits
            return [_closed()] * len(batch)
        try:
            answers = answered.result()
            if len(answers) != len(batch):
                raise Internal(f"{len(batch)} requests got {len(answers)} answers")
        except ServingKitError as error:
            return [error] * len(batch)
        except Exception as error:
            log.exception("an op failed on a batch of %d", len(batch))
            return [unforeseen(error)] * len(batch)
        return answers

    def _note(self, batch: Sequence[Ticket], answers: Sequence[Outcome], began_at: float) -> None:
        timing = answers.timing if isinstance(answers, Answers) else Timing.of_whole(began_at)
        failed = sum([isinstance(answer, ServingKitError) for answer in answers])
        self.measure.add([ticket.came_at for ticket in batch], failed, began_at, timing)
        for ticket in batch:
            if ticket.sample.trace:
                mates = tuple(mate.sample.data_id for mate in batch)
                ticket.sample.trace.add_batch(self._name, ticket.came_at, timing, mates)


def _settle(tickets: Iterable[Ticket], answers: Iterable[Outcome]) -> None:
    for ticket, answer in zip(tickets, answers, strict=True):
        if ticket.answer.done():
            continue
        if isinstance(answer, ServingKitError):
            ticket.answer.set_exception(answer)
        else:
            ticket.answer.set_result(answer)


def _closed() -> Unavailable:
    return Unavailable("the pipeline is stopping; ask another one")
