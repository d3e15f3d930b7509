"""Put a server under load for a while and say what was seen from both sides."""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import uvloop

from benchmarks.asker import Asker, Tally
from benchmarks.core import cpu_s
from benchmarks.question import Question
from serving_kit.errors import Internal

_SATURATED = 0.9  # of a core


@dataclass(frozen=True)
class Point:
    """One protocol at one concurrency; shares are of one core, latencies as the clients saw them."""

    protocol: str
    concurrency: int
    requests: int
    seconds: float
    requests_per_s: float
    p50_ms: float
    p99_ms: float
    server_cpu_us: float
    server_share: float
    client_share: float

    @classmethod
    def of(
        cls,
        protocol: str,
        concurrency: int,
        seen_s: Sequence[float],
        *,
        took_s: float,
        server_s: float,
        client_s: float,
    ) -> "Point":
        """Return the point of latencies seen in `took_s` seconds, and of what processor time both sides used in it."""
        p50_ms, p99_ms = (np.percentile(seen_s, (50, 99)) * 1e3).tolist()
        return cls(
            protocol=protocol,
            concurrency=concurrency,
            requests=len(seen_s),
            seconds=took_s,
            requests_per_s=len(seen_s) / took_s,
            p50_ms=p50_ms,
            p99_ms=p99_ms,
            server_cpu_us=server_s / len(seen_s) * 1e6,
            server_share=server_s / took_s,
            client_share=client_s / took_s,
        )

    @property
    def saturated(self) -> str:
        """Say which side had no core left: `server`, `client`, `both` or `neither`."""
        sides = {"server": self.server_share, "client": self.client_share}
        full = [side for side, share in sides.items() if share >= _SATURATED]
        return "both" if len(full) == 2 else full[0] if full else "neither"


@dataclass(frozen=True)
class Spell:
    """How long a point is measured, and how long it is warmed up before, in seconds."""

    seconds: float
    warmup_s: float


@dataclass(frozen=True)
class Target:
    """A server: its port, its process, and the price that every answer of it must hold, None where nobody knows it."""

    port: int
    pid: int
    price: float | None

    def used_s(self) -> float:
        """Return the seconds of processor time that it has used."""
        return cpu_s(self.pid)


def measure(question: Question, target: Target, concurrency: int, spell: Spell) -> Point:
    """Ask from `concurrency` connections, each with one request on its way; Internal where an answer is wrong."""
    return measure_each([question] * concurrency, target, spell)


def measure_each(asked: Sequence[Question], target: Target, spell: Spell) -> Point:
    """Ask each of some questions of one protocol from a connection of its own; see `measure`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(asked, target, spell))


async def _measure(asked: Sequence[Question], target: Target, spell: Spell) -> Point:
    tally = Tally()
    loop = asyncio.get_running_loop()
    askers: list[Asker] = []
    for question in asked:
        asker = question.asker(question.request, question.price, target.price, tally)
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", target.port)  # type: ignore[misc] # as above
        askers.append(asker)
    try:
        return await observed(asked[0].protocol, tally, target, len(asked), spell)
    finally:
        for asker in askers:
            asker.close()


async def observed(protocol: str, tally: Tally, target: Target, concurrency: int, spell: Spell) -> Point:
    """Watch for a spell what `concurrency` askers put into a tally, and end their asking; Internal where one failed."""
    await asyncio.sleep(spell.warmup_s)
    tally.latencies_s = []
    before = time.perf_counter(), target.used_s(), cpu_s(os.getpid())
    await asyncio.sleep(spell.seconds)
    after = time.perf_counter(), target.used_s(), cpu_s(os.getpid())
    seen_s = tally.latencies_s
    tally.is_over = True
    if tally.failures or not seen_s:
        raise Internal(f"{protocol} at c={concurrency} failed: {[*tally.failures, 'no answer came'][0]}")
    took_s, server_s, client_s = (end - start for start, end in zip(before, after, strict=True))
    return Point.of(protocol, concurrency, seen_s, took_s=took_s, server_s=server_s, client_s=client_s)
