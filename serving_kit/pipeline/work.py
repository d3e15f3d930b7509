"""How an op's batches are executed: in threads of its own, with its timeout and retries."""

import asyncio
import inspect
import logging
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, TypeVar

from serving_kit.errors import Unavailable
from serving_kit.pipeline.batch import answer_batch
from serving_kit.pipeline.codes import ErrNo, OpError, failed_to_predict
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.stage import Answers, Outcome, Ticket, Work
from serving_kit.pipeline.threads import OpThreads

T = TypeVar("T")
log = logging.getLogger(__name__)

_HOOKS = ("preprocess", "process", "postprocess", "check_jumping")


def thread_work(op: Op, threads: OpThreads, timeout_s: float | None = None, attempts: int = 1) -> Work:
    """Return what answers the op's batches: a batch is one piece of work for a thread.

    An op with coroutines among its hooks runs on the event loop instead, and its other hooks in a thread each time. A
    batch that takes longer than `timeout_s` is given up and begun again, `attempts` times in all.
    """
    if has_coroutines(op):
        return tried(op, _on_loop(op, threads, timeout_s), timeout_s, attempts)
    if timeout_s is None:
        return lambda tickets: threads.submit(partial(_answer_wanted, op, tickets))
    return tried(op, lambda tickets: threads.run(partial(answer_here, op, tickets), timeout_s), timeout_s, attempts)


def has_coroutines(op: Op) -> bool:
    """Tell whether any hook of the op is a coroutine."""
    return any(inspect.iscoroutinefunction(getattr(op, hook)) for hook in _HOOKS)


def tried(op: Op, attempt: Work, timeout_s: float | None, attempts: int) -> Work:
    """Return what begins a batch again where it raised TimeoutError, until `attempts` were made."""

    async def work(tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        for number in range(1, attempts + 1):
            try:
                return await attempt(tickets)
            except TimeoutError:
                log.warning("op %s: attempt %d of %d took longer than %g s", op.name, number, attempts, timeout_s or 0)
        return [_late(op, ticket, tickets) for ticket in tickets]

    return work


def answer_here(op: Op, tickets: Sequence[Ticket]) -> Answers:
    """Answer a batch of an op without coroutines, in the thread that calls."""

    async def call(hook: Callable[..., Any], *arguments: Any) -> Any:
        return hook(*arguments)

    return _driven(answer_batch(op, tickets, call))


def _answer_wanted(op: Op, tickets: Sequence[Ticket]) -> Sequence[Outcome]:
    """Answer a batch in its thread, unless every client left while it waited for one."""
    if all(ticket.answer.done() for ticket in tickets):
        return [Unavailable("nobody waits any more") for _ in tickets]
    return answer_here(op, tickets)


def _on_loop(op: Op, threads: OpThreads, timeout_s: float | None) -> Work:
    async def call(hook: Callable[..., Any], *arguments: Any) -> Any:
        if inspect.iscoroutinefunction(hook):
            return await hook(*arguments)
        return await threads.run(partial(hook, *arguments))

    async def attempt(tickets: Sequence[Ticket]) -> Sequence[Outcome]:
        async with asyncio.timeout(timeout_s):
            return await answer_batch(op, tickets, call)

    return attempt


def _driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine that waits for nothing returns, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    coroutine.close()
    raise RuntimeError("an op's hook waits for an event loop, but is no coroutine function; write it as async def")


def _late(op: Op, ticket: Ticket, tickets: Sequence[Ticket]) -> OpError:
    numbers = [one.sample.data_id for one in tickets]
    info = f"(log_id={ticket.sample.log_id}) {op.name} Failed to process(batch: {numbers}): exceeded retry count"
    return OpError(ErrNo.TIMEOUT, failed_to_predict(op.name, info), op.name)
