"""Tests that are coroutines, and executors whose only thread is held so that requests wait together."""

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec

from serving_kit.batching.executor import Executor
from tests.unit.batching.engines import DoublingEngine, rows

P = ParamSpec("P")


def on_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a test that is a coroutine on an event loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


@asynccontextmanager
async def held(engine: DoublingEngine, executor: Executor) -> AsyncIterator[None]:
    """Let a first request hold the executor's only thread; let it go and close the executor at the end."""
    first = executor.submit(rows(100))
    assert await asyncio.to_thread(engine.running.wait, 20)
    try:
        yield
    finally:
        engine.gate.set()
        await first
        await asyncio.to_thread(executor.close)
