"""Points as a table for people and as JSON lines for programs."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import orjson

from benchmarks.load import Point
from benchmarks.reference import REFERENCES, SOURCE
from serving_kit.bench.row import Machine, versions

_HEAD = ("protocol", "c", "requests/s", "p50 ms", "p99 ms", "server CPU µs", "server core", "client core", "saturated")
PEER_OF = {"peer: FastAPI + pydantic": "HTTP+JSON", "peer: grpc.aio": "gRPC"}
"""The in-run peers, and the protocol of ours that each is compared with."""


def table(points: Iterable[Point]) -> str:
    """Return one line a point as Markdown."""
    return markdown(_HEAD, [_cells(point) for point in points])


def ratios(points: Sequence[Point]) -> str:
    """Return how many times faster than each peer the server was, by concurrency, as Markdown."""
    ours = {(point.protocol, point.concurrency): point.requests_per_s for point in points}
    costs = {name: _range([point.server_cpu_us for point in points if point.protocol == name]) for name, _ in ours}
    levels = sorted({point.concurrency for point in points})
    rows = []
    for peer, over in PEER_OF.items():
        theirs = {c: rate for (protocol, c), rate in ours.items() if protocol == peer}
        if theirs:
            rows.append((f"{peer.removeprefix('peer: ')} (this run)", costs[peer], over, theirs))
    rows += [(f"{one.name} *", one.server_cpu_us, one.over, one.requests_per_s) for one in REFERENCES]
    lines = [
        (name, cost, over, costs.get(over, "-"), *(_ratio(ours.get((over, c)), theirs.get(c)) for c in levels))
        for name, cost, over, theirs in rows
    ]
    head = ("peer", "its CPU µs", "ours over", "our CPU µs", *(f"c={c}: its req/s, ours / its" for c in levels))
    return f"{markdown(head, lines)}\n\n* {SOURCE}."


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table, its columns as wide as what stands in them."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines]
    return "\n".join([padded[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *padded[1:]])


def write_rows(points: Iterable[Point], path: Path, about: Mapping[str, object]) -> None:
    """Write one JSON line a point, each with the machine, the versions and what the run was about."""
    shared = {**about, "machine": Machine.here().model_dump(), "versions": versions(), "at": datetime.now(UTC)}
    rows = [dataclasses.asdict(point) | {"saturated": point.saturated} | shared for point in points]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))


def _cells(point: Point) -> tuple[str, ...]:
    figures = (
        f"{point.requests_per_s:,.0f}",
        f"{point.p50_ms:.2f}",
        f"{point.p99_ms:.2f}",
        f"{point.server_cpu_us:.0f}",
    )
    shares = (f"{point.server_share:.0%}", f"{point.client_share:.0%}", point.saturated)
    return (point.protocol, str(point.concurrency), *figures, *shares)


def _range(costs_us: Sequence[float]) -> str:
    return f"{min(costs_us):.0f}-{max(costs_us):.0f}"


def _ratio(ours: float | None, theirs: float | None) -> str:
    if not theirs:
        return "-"
    return f"{theirs:,.0f}, {ours / theirs:.2f} x" if ours else f"{theirs:,.0f}"
