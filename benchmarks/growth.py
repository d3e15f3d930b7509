"""What more of everything costs one server on one core: models, bytes a request, connections. No cliffs, one hopes.

`python -m benchmarks.growth [--seconds 5] [--only models payload connections] [--rows FILE] [-- SERVER FLAGS]`
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.asker import HttpAsker
from benchmarks.burden import make_burden
from benchmarks.core import on_core, two_cores
from benchmarks.footprint import MB, footprint
from benchmarks.housing import FEED, FETCH, NAME, ROW
from benchmarks.load import Point, Spell, Target, measure, measure_each
from benchmarks.question import Question, post, questions
from serving_kit.codecs.open_inference import decode_response
from serving_kit.codecs.open_inference_writing import encode_request
from serving_kit.command import exit_status
from serving_kit.process import Server, start
from serving_kit.types import Tensor

_ROW_BYTES = ROW.array.nbytes
_CONNECTIONS = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, print tables and write rows; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each point")
    parser.add_argument("--warmup", type=float, default=1.0, help="seconds before each point")
    parser.add_argument("--only", nargs="+", choices=list(_TABLES), default=list(_TABLES), help="these tables")
    parser.add_argument("--models", type=int, nargs="+", default=[1, 10, 50], help="models of a server")
    parser.add_argument(
        "--kilobytes", type=int, nargs="+", default=[1, 10, 100, 1_000, 10_000, 50_000], help="a request"
    )
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32, 100, 250, 500], help="at once")
    parser.add_argument("--rows", type=Path, default=Path("build/benchmarks/growth.jsonl"), help="file to write")
    parser.add_argument("flags", nargs="*", help="further flags of python -m serving_kit.serve, after --")
    options = parser.parse_args(arguments)
    return exit_status(lambda: _main(options))


def _main(options: argparse.Namespace) -> None:
    points: list[Point] = []
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as folder:
        model = make_burden(Path(folder), layers=0)
        for table in options.only:
            head, rows = _TABLES[table]
            lines = []
            for line, point in rows(options, model):
                sys.stderr.write(f"{table}: {', '.join(line)}\n")
                points.append(point)
                lines.append(line)
            sys.stdout.write(f"{report.markdown(head, lines)}\n\n")
    report.write_rows(points, options.rows, {"flags": options.flags})


Rows = Iterator[tuple[tuple[str, ...], Point]]


def _models(options: argparse.Namespace, model: Path) -> Rows:
    best = 0.0
    for count in options.models:
        names = [f"m{number}" for number in range(count)]
        asked = [_question(name, ROW) for name in names]
        with _server([model] * count, ["--name", *names, *options.flags]) as server, on_core(two_cores()[1]):
            connections = [asked[number % count] for number in range(max(_CONNECTIONS, count))]
            point = measure_each(connections, Target(server.port, server.pid, None), _spell(options))
            held_bytes = footprint(server.pid).rss_bytes
        best = max(best, point.requests_per_s)
        figures = (f"{point.requests_per_s:,.0f}", f"{point.server_cpu_us:.0f}", f"{held_bytes / MB:.0f}")
        yield (str(count), *figures, f"{point.requests_per_s / best:.0%}"), replace(point, protocol=f"{count} models")


def _payload(options: argparse.Namespace, model: Path) -> Rows:
    best = 0.0
    with _server([model], ["--name", NAME, *options.flags]) as server, on_core(two_cores()[1]):
        for size_kb in options.kilobytes:
            rows = Tensor(np.tile(ROW.array, (max(1, size_kb * 1000 // _ROW_BYTES), 1)))
            connections = 2 if size_kb >= 10_000 else _CONNECTIONS
            target = Target(server.port, server.pid, None)
            point = measure(_question(NAME, rows), target, connections, _spell(options))
            mb_per_s = point.requests_per_s * rows.array.nbytes / MB
            best = max(best, mb_per_s)
            cost_us = point.server_cpu_us / (rows.array.nbytes / MB)
            figures = (
                f"{point.requests_per_s:,.1f}",
                f"{mb_per_s:,.1f}",
                f"{point.server_cpu_us:,.0f}",
                f"{cost_us:,.0f}",
            )
            yield (f"{size_kb:,}", *figures, f"{mb_per_s / best:.0%}"), replace(point, protocol=f"{size_kb} kB")


def _connections(options: argparse.Namespace, model: Path) -> Rows:
    best = 0.0
    (question,) = (each for each in questions() if each.protocol == "OIP REST JSON")
    with _server([model], ["--name", NAME, *options.flags]) as server, on_core(two_cores()[1]):
        for count in options.connections:
            point = measure(question, Target(server.port, server.pid, None), count, _spell(options))
            best = max(best, point.requests_per_s)
            times = (f"{point.p50_ms:.2f}", f"{point.p99_ms:.2f}", f"{point.server_cpu_us:.0f}")
            yield (str(count), f"{point.requests_per_s:,.0f}", *times, f"{point.requests_per_s / best:.0%}"), point


_TABLES: dict[str, tuple[tuple[str, ...], Callable[[argparse.Namespace, Path], Rows]]] = {
    "models": (("models", "requests/s", "server CPU µs", "memory MB", "of the best before"), _models),
    "payload": (
        ("kB", "requests/s", "MB/s", "server CPU µs", "CPU µs a MB", "of the best before"),
        _payload,
    ),
    "connections": (
        ("connections", "requests/s", "p50 ms", "p99 ms", "server CPU µs", "of the best before"),
        _connections,
    ),
}


def _spell(options: argparse.Namespace) -> Spell:
    return Spell(options.seconds, options.warmup)


def _server(models: Sequence[Path], flags: Sequence[str]) -> Server:
    with on_core(two_cores()[0]):
        return start(models, flags=flags)


def _question(name: str, rows: Tensor) -> Question:
    """Ask one model for the sums of rows, in the binary form of the Open Inference Protocol."""
    body, header_bytes = encode_request({FEED: rows}, [FETCH])
    length = f"Inference-Header-Content-Length: {header_bytes}\r\n"
    request = post(f"/v2/models/{name}/infer", body, "application/octet-stream", length)
    return Question("OIP REST binary", HttpAsker, request, _first_price)


def _first_price(answer: bytes) -> float:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"\r\ninference-header-content-length:")[2].partition(b"\r\n")[0]
    return float(decode_response(body, int(length))[FETCH].tensor.array.ravel()[0].item())


if __name__ == "__main__":
    sys.exit(main())
