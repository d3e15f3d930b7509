"""Rows as a Markdown table."""

from collections.abc import Iterable

from serving_kit.bench.number import short
from serving_kit.bench.row import Row, latest

_HEAD = ("model", "provenance", "engine", "threads", "p50 ms", "p95 ms", "p99 ms", "requests/s", "errors")
_RULE = (":--", ":--", ":--", "--:", "--:", "--:", "--:", "--:", "--:")


def table(rows: Iterable[Row]) -> str:
    """Return the latest row of each run as Markdown text, with the machines measured on below it."""
    shown = latest(rows)
    lines = [f"| {' | '.join(cells)} |" for cells in (_HEAD, _RULE, *map(_cells, shown))]
    machines = dict.fromkeys(f"{row.machine.cpu}, {row.machine.cores} cores" for row in shown)
    return "\n".join([*lines, "", *(f"Measured on {machine}." for machine in machines)])


def _cells(row: Row) -> tuple[str, ...]:
    times = map(short, (row.p50_ms, row.p95_ms, row.p99_ms))
    errors = f"**{row.errors}** of {row.requests}" if row.errors else "0"
    threads = "" if row.threads is None else str(row.threads)
    return (row.label, row.provenance, row.engine, threads, *times, short(row.requests_per_s), errors)
