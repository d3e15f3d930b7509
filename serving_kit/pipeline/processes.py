"""Processes of one op, each of which has a successor once it ended."""

import asyncio
import logging
from functools import partial

from serving_kit.pipeline.op_process import OpProcess
from serving_kit.pipeline.stage import Answers
from serving_kit.pipeline.zygote import Zygote

log = logging.getLogger(__name__)


class OpProcesses:
    """`count` processes, each with a number and one batch at a time.

    One that ends is replaced at once, but one that was never asked anything only when it is needed: what ends by itself
    would begin and end for ever.
    """

    def __init__(self, zygote: Zygote, op: str, count: int) -> None:
        self._zygote = zygote
        self._op = op
        self._idle = set(range(count))
        self._places = asyncio.Semaphore(count)
        self._begun: dict[int, asyncio.Task[OpProcess]] = {}
        self._is_stopping = False

    async def start(self) -> None:
        """Return once all of them are prepared; raises the first ServingKitError of one that cannot be."""
        await asyncio.gather(*(self._begin(number) for number in self._idle))

    async def ask(self, batch: bytes, timeout_s: float | None = None) -> Answers:
        """Return the answers of an idle process to a batch.

        EndedError where it ends instead; TimeoutError where it takes too long, for which it is killed;
        ServingKitError where it has ended before, and no other can begin.
        """
        async with self._places:
            number = min(self._idle, key=self._is_late)
            self._idle.remove(number)
            try:
                process = await self._ready(number)
                async with asyncio.timeout(timeout_s):
                    return await process.ask(batch)
            finally:
                self._idle.add(number)

    async def stop(self) -> None:
        """Let them end; those that are being prepared are killed."""
        self._is_stopping = True
        for task in self._begun.values():
            task.cancel()
        for outcome in await asyncio.gather(*self._begun.values(), return_exceptions=True):
            if isinstance(outcome, OpProcess):
                outcome.close()

    def _is_late(self, number: int) -> bool:
        task = self._begun[number]
        return not task.done() or _is_over(task)

    async def _ready(self, number: int) -> OpProcess:
        task = self._begun[number]
        if _is_over(task):
            task = self._begin(number)
        return await asyncio.shield(task)

    def _begin(self, number: int) -> "asyncio.Task[OpProcess]":
        task = asyncio.get_running_loop().create_task(OpProcess.begin(self._zygote, self._op, number))
        task.add_done_callback(partial(self._watch, number))
        self._begun[number] = task
        return task

    def _watch(self, number: int, task: "asyncio.Task[OpProcess]") -> None:
        if task.cancelled():
            return
        if error := task.exception():
            log.error("op %s: process %d cannot begin: %s", self._op, number, error)
        else:
            task.result().ended.add_done_callback(partial(self._replace, number, task))

    def _replace(self, number: int, task: "asyncio.Task[OpProcess]", ended: "asyncio.Future[str]") -> None:
        if self._is_stopping or self._begun[number] is not task:
            return
        log.error("op %s: process %d ended %s", self._op, number, ended.result())
        if task.result().was_asked:
            self._begin(number)


def _is_over(task: "asyncio.Task[OpProcess]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None or task.result().is_over)
