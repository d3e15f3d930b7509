"""What a server does when three times more is asked than it can answer: it should go on, and refuse the rest at once.

`python -m benchmarks.overload [--seconds 60] [--times 3] [--rows FILE] [-- SERVER FLAGS]`; exit status 1 if it did not.
The model multiplies matrices for some milliseconds, so that the engine is what is short, and not the asking side.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import orjson
import uvloop

from benchmarks import report
from benchmarks.burden import make_burden
from benchmarks.core import cpu_s, on_core, two_cores
from benchmarks.crowd import Crowd, Heard
from benchmarks.footprint import MB, footprint, growth_bytes
from benchmarks.housing import NAME
from serving_kit.command import exit_status
from serving_kit.process import Server, start

_PEAK_CONNECTIONS = 16
_QUEUE_LIMIT = 64
_LEAST_OF_PEAK = 0.95
_LATEST_REFUSAL_MS = 20.0
_MOST_GROWTH_BYTES = 8_000_000
_WAIT_SLACK = 1.5  # a full queue's time at the peak rate, and half of it for the machine


def main(arguments: Sequence[str] | None = None) -> int:
    """Overload a server as the arguments say and print what it did; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overload", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of overload, and a sixth of it for the peak before"
    )
    parser.add_argument("--times", type=float, default=3.0, help="the peak rate that is asked for")
    parser.add_argument("--rows", type=Path, default=Path("build/benchmarks/overload.json"), help="file to write")
    parser.add_argument("flags", nargs="*", help="further flags of python -m serving_kit.serve, after --")
    options = parser.parse_args(arguments)
    complaints: list[str] = []
    status = exit_status(lambda: complaints.extend(_main(options)))
    return status or int(bool(complaints))


def _main(options: argparse.Namespace) -> list[str]:
    server_core, client_core = two_cores()
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as folder:
        model = make_burden(Path(folder))
        with on_core(server_core):
            server = start(model, name=NAME, flags=["--queue_limit", str(_QUEUE_LIMIT), *options.flags])
        with server, on_core(client_core), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            peak, heard, held_bytes = runner.run(_overload(server, options.seconds, options.times))
    complaints = complaints_of(peak, heard, held_bytes)
    sys.stdout.write(f"{_table(peak, heard, held_bytes)}\n\n{' '.join(complaints) or 'It held.'}\n")
    options.rows.parent.mkdir(parents=True, exist_ok=True)
    rows = {"peak": peak.summary(), "overload": heard.summary(), "held_bytes": held_bytes, "complaints": complaints}
    options.rows.write_bytes(orjson.dumps(rows, option=orjson.OPT_APPEND_NEWLINE))
    return complaints


async def _overload(server: Server, seconds: float, times: float) -> tuple[Heard, Heard, list[int]]:
    crowd = Crowd(server.port)
    await crowd.closed(_PEAK_CONNECTIONS, seconds / 12)  # a first time, that nothing is new
    marks_s = [cpu_s(server.pid)]
    peak = await crowd.closed(_PEAK_CONNECTIONS, seconds / 6)
    marks_s.append(cpu_s(server.pid))
    held_bytes: list[int] = []
    overloading = asyncio.ensure_future(crowd.opened(peak.accepted_per_s * times, seconds))
    while not overloading.done():
        held_bytes.append(footprint(server.pid).rss_bytes)
        await asyncio.wait([overloading], timeout=seconds / 60)
    marks_s.append(cpu_s(server.pid))
    heard = overloading.result()
    crowd.close()
    await asyncio.sleep(0)  # in which they close
    peak.server_cpu_s, heard.server_cpu_s = (after - before for before, after in pairwise(marks_s))
    return peak, heard, held_bytes


def complaints_of(peak: Heard, heard: Heard, held_bytes: Sequence[int]) -> list[str]:
    """Return in sentences what a server did worse under overload than it should; none where it held."""
    found = []
    # By the server's own time too: on a busy machine it gets more of its core at one time than at another.
    share = max(heard.accepted_per_s / peak.accepted_per_s, heard.accepted_per_cpu_s / peak.accepted_per_cpu_s)
    if share < _LEAST_OF_PEAK:
        found.append(f"It answered {share:.0%} of its peak rate.")
    if heard.refused_p99_ms > _LATEST_REFUSAL_MS:
        found.append(f"A hundredth of the refusals came after {heard.refused_p99_ms:.1f} ms.")
    bound_ms = _QUEUE_LIMIT / peak.accepted_per_s * 1e3 * _WAIT_SLACK
    if heard.accepted_p99_ms > bound_ms:
        found.append(f"A hundredth of the answers took {heard.accepted_p99_ms:.0f} ms, more than {bound_ms:.0f} ms.")
    if growth_bytes(held_bytes) > _MOST_GROWTH_BYTES:
        found.append(f"Memory grew by {growth_bytes(held_bytes) / MB:.1f} MB.")
    if heard.failures:
        found.append(f"{len(heard.failures)} requests failed otherwise: {heard.failures[0]}.")
    return found


def _table(peak: Heard, heard: Heard, held_bytes: Sequence[int]) -> str:
    head = ("", "asked/s", "answered/s", "answered/CPU s", "p50 ms", "p99 ms", "refused/s", "p50 ms", "p99 ms")
    rows = [
        (
            name,
            *(f"{rate:,.0f}" for rate in (seen.asked_per_s, seen.accepted_per_s, seen.accepted_per_cpu_s)),
            *(f"{time_ms:.1f}" for time_ms in (seen.accepted_p50_ms, seen.accepted_p99_ms)),
            f"{seen.refused_per_s:,.0f}",
            *(f"{time_ms:.1f}" for time_ms in (seen.refused_p50_ms, seen.refused_p99_ms)),
        )
        for name, seen in (("peak", peak), ("overload", heard))
    ]
    memory = f"memory {held_bytes[0] / MB:.0f} MB at first, {held_bytes[-1] / MB:.0f} MB at last"
    return f"{report.markdown(head, rows)}\n\n{memory}"


if __name__ == "__main__":
    sys.exit(main())
