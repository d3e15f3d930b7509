"""What `benchmarks.padding` saw, as Markdown."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.gain import Gain
from benchmarks.load import Point
from benchmarks.report import markdown
from serving_kit.bench.row import Machine, versions

_HEAD = ("server", "requests/s", "min-max", "against no batching", "p50 ms", "p99 ms", "CPU ms", "answers differ by")
WANTED = 1.25
"""How many times faster the server must be with padded batches wherever the engine alone is faster with them."""
_NO_SLOWER = 0.97


@dataclass(frozen=True)
class Seen:
    """One server's rounds, and how far its answers were from those of requests run alone, on average and at most."""

    name: str
    flags: Sequence[str]
    points: Sequence[Point]
    mean_difference: float
    most_difference: float

    @property
    def requests_per_s(self) -> float:
        """The median of the rounds."""
        return statistics.median(point.requests_per_s for point in self.points)


@dataclass(frozen=True)
class Result:
    """One model: the engine alone, and each server; the one without batching comes first."""

    slug: str
    title: str
    concurrency: int
    gain: Gain
    seen: Sequence[Seen]

    def ratio(self, seen: Seen) -> float:
        """Return a server's requests a second by those without batching."""
        return seen.requests_per_s / self.seen[0].requests_per_s


def page(results: Sequence[Result], engine: str, most: int) -> str:
    """Return the page."""
    machine, installed = Machine.here(), versions()
    parts = [
        "# Batching requests of different sizes",
        f"Engine {engine}, one thread, at most {most} requests a run; server on one core, generator on another, "
        "medians of interleaved rounds. The requests are seeded; every size keeps coming back.",
        f"Machine: {machine.cpu}, {machine.cores} cores. "
        + ", ".join(f"{name} {version}" for name, version in installed.items())
        + ".",
    ]
    for result in results:
        parts += _section(result)
    return "\n\n".join(parts) + "\n"


def verdict(result: Result) -> str:
    """Return in a sentence what the engine alone promised, and what the server with padding kept of it."""
    ratio, gain = result.ratio(result.seen[-1]), result.gain
    if gain.pays:
        kept = "kept" if ratio >= WANTED else "missed"
        return (
            f"Padded runs pay: {gain.padded:.2f} x in one process. Goal {WANTED} x on the server {kept}: {ratio:.2f} x."
        )
    kept = "kept" if ratio >= _NO_SLOWER else "missed"
    return f"Padded runs do not pay: {gain.padded:.2f} x in one process. Goal to be no slower {kept}: {ratio:.2f} x."


def _section(result: Result) -> Iterator[str]:
    gain = result.gain
    yield f"## {result.slug}: {result.title}"
    yield (
        f"Engine alone, one by one: {gain.instances_per_s:.1f} requests/s; merged where shapes are equal "
        f"{gain.merged:.2f} x ({gain.runs} runs), padded {gain.padded:.2f} x ({gain.padded_runs} runs)."
    )
    yield f"{result.concurrency} connections:"
    yield markdown(_HEAD, [_cells(result, seen) for seen in result.seen])
    yield verdict(result)
    yield "Flags: " + "; ".join(f"{seen.name}: `{' '.join(seen.flags)}`" for seen in result.seen) + "."


def _cells(result: Result, seen: Seen) -> tuple[str, ...]:
    rates = [point.requests_per_s for point in seen.points]
    p50_ms, p99_ms, cpu_us = (
        statistics.median(getattr(point, field) for point in seen.points)
        for field in ("p50_ms", "p99_ms", "server_cpu_us")
    )
    return (
        seen.name,
        f"{seen.requests_per_s:.1f}",
        f"{min(rates):.1f}-{max(rates):.1f}",
        f"{result.ratio(seen):.2f} x",
        f"{p50_ms:.0f}",
        f"{p99_ms:.0f}",
        f"{cpu_us / 1e3:.1f}",
        f"{seen.mean_difference:.1g}, at most {seen.most_difference:.1g}",
    )
