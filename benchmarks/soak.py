"""Whether a server that is used for long, and badly too, holds more memory, threads or open files at the end.

`python -m benchmarks.soak [--minutes 30] [--model DIR] [--rows FILE] [-- SERVER FLAGS]`; exit status 1 where it does.
"""

import argparse
import asyncio
import gc
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from benchmarks import report
from benchmarks.footprint import MB, Footprint, footprint, growth_bytes
from benchmarks.habit import HABITS, Visit, crowd
from benchmarks.housing import NAME, make_model
from serving_kit.command import exit_status
from serving_kit.process import start

_SAMPLES = 60
_WARMUP = 0.2  # of the time
_REST_S = 0.02  # between two visits of one habit, so that the server is busy and not besieged
_POLL_S = 0.5
_SETTLE_S = 20.0  # for connections that were left to be noticed and closed
_LATE_THREADS = 4  # of the engine (--thread), each started when all before it are busy
_MOST_GROWTH_BYTES = 8_000_000
_MOST_GROWTH = 0.03  # of what was held; the allocator's own restlessness stays below both


@dataclass
class Soaked:
    """What was seen: requests by habit, footprints at rest before and after, and memory while it was used."""

    before: Footprint
    after: Footprint
    held_bytes: list[int]
    asked: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def complaints(self) -> list[str]:
        """What speaks against the server, in sentences; empty where nothing does."""
        found = [f"an answer was wrong: {failure}" for failure in self.failures[:3]]
        for what, spare in (("threads", _LATE_THREADS), ("descriptors", 0)):
            first, last = getattr(self.before, what), getattr(self.after, what)
            if last > first + spare:
                found.append(f"{last - first} {what} more than before are left: {last} instead of {first}")
        grown = growth_bytes(self.held_bytes)
        if grown > max(_MOST_GROWTH_BYTES, _MOST_GROWTH * self.held_bytes[-1]):
            found.append(f"memory grew by {grown / MB:.1f} MB from the second quarter to the last")
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Use a server as the arguments say and print what became of it; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="of use")
    parser.add_argument("--model", type=Path, help=f"a directory whose model takes x and gives price; {NAME} is made")
    parser.add_argument("--seed", type=int, default=0, help="of what is asked")
    parser.add_argument("--rows", type=Path, default=Path("build/benchmarks/soak.json"), help="file to write")
    parser.add_argument("flags", nargs="*", help="further flags of python -m serving_kit.serve, after --")
    options = parser.parse_args(arguments)
    seen: list[Soaked] = []
    status = exit_status(lambda: seen.append(_main(options)))
    return status or int(bool(seen[0].complaints))


def _main(options: argparse.Namespace) -> Soaked:
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as folder:
        model = options.model or make_model(Path(folder))
        with start(model, name=NAME, flags=options.flags) as server:
            soaked = asyncio.run(_soak(server.port, server.pid, options.minutes * 60, options.seed))
    sys.stdout.write(f"{_table(soaked)}\n\n{' '.join(soaked.complaints) or 'Nothing grew.'}\n")
    options.rows.parent.mkdir(parents=True, exist_ok=True)
    options.rows.write_bytes(orjson.dumps(soaked, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_DATACLASS))
    return soaked


async def _soak(port: int, pid: int, duration_s: float, seed: int) -> Soaked:
    chances = random.Random(seed)  # noqa: S311 - it chooses requests
    soaked = Soaked(footprint(pid), footprint(pid), [])
    visits = {name: Visit(port, random.Random(chances.random())) for name in HABITS}  # noqa: S311 - as above
    # What a server holds from its first use on is no leak.
    await crowd(Visit(port))
    await _use_all(visits, pid, duration_s * _WARMUP, soaked)
    soaked.before = await _at_rest(pid, soaked.before)
    soaked.held_bytes.clear()
    await _use_all(visits, pid, duration_s * (1 - _WARMUP), soaked)
    soaked.after = await _at_rest(pid, soaked.before)
    return soaked


async def _use_all(visits: Mapping[str, Visit], pid: int, duration_s: float, soaked: Soaked) -> None:
    until_s = time.monotonic() + duration_s
    users = [asyncio.ensure_future(_use(name, visit, until_s, soaked)) for name, visit in visits.items()]
    while not all(user.done() for user in users):
        soaked.held_bytes.append(footprint(pid).rss_bytes)
        await asyncio.wait(users, timeout=duration_s / _SAMPLES)


async def _use(name: str, visit: Visit, until_s: float, soaked: Soaked) -> None:
    while time.monotonic() < until_s:
        try:
            soaked.asked[name] += await HABITS[name](visit)
        except Exception as error:  # noqa: BLE001 - whatever it is, the server did not do what it should
            soaked.failures.append(f"{name}: {type(error).__name__}: {error}")
        await asyncio.sleep(_REST_S)


async def _at_rest(pid: int, least: Footprint) -> Footprint:
    """Return the footprint once it holds no more than before, or time is up."""
    until_s = time.monotonic() + _SETTLE_S
    while True:
        gc.collect()  # grpcio's channels close their connections with their objects
        await asyncio.sleep(_POLL_S)
        now = footprint(pid)
        is_back = now.descriptors <= least.descriptors and now.threads <= least.threads + _LATE_THREADS
        if is_back or time.monotonic() > until_s:
            return now


def _table(soaked: Soaked) -> str:
    asked = [(name, f"{count:,}") for name, count in soaked.asked.items()]
    held = [
        (what, f"{getattr(soaked.before, what)}", f"{getattr(soaked.after, what)}")
        for what in ("threads", "descriptors")
    ]
    memory = [f"{size / MB:.1f}" for size in (soaked.before.rss_bytes, soaked.after.rss_bytes)]
    return "\n\n".join(
        (
            report.markdown(("habit", "requests"), asked),
            report.markdown(("at rest", "before", "after"), [*held, ("memory, MB", *memory)]),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
