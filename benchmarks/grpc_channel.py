"""Load from one grpc.aio channel, with many calls on its one connection, as a real client's are."""

import asyncio
import time
from dataclasses import dataclass

import grpc

from benchmarks.asker import Tally
from benchmarks.load import Point, Spell, Target, observed


@dataclass(frozen=True)
class Call:
    """A call under its name in tables; `path` is the method's, as in /package.Service/Method."""

    name: str
    path: str
    body: bytes


def measure_channel(call: Call, target: Target, concurrency: int, spell: Spell) -> Point:
    """Keep `concurrency` calls on their way; `target.price` is the length of the answer."""
    return asyncio.run(_measure(call, target, concurrency, spell))


async def _measure(call: Call, target: Target, concurrency: int, spell: Spell) -> Point:
    tally = Tally()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{target.port}") as channel:
        method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(call.path)

        async def ask() -> None:
            while not tally.is_over:
                asked_s = time.perf_counter()
                answer = await method(call.body, timeout=60)
                tally.latencies_s.append(time.perf_counter() - asked_s)
                if len(answer) != target.price:
                    tally.failures.append(f"an answer of {len(answer)} bytes came, not of {target.price:.0f}")
                    tally.is_over = True

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(ask())
            return await observed(call.name, tally, target, concurrency, spell)
