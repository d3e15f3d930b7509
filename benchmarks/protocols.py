"""How fast one server on one core answers the 13 to 1 model, over each protocol that its port speaks.

`python -m benchmarks.protocols [--seconds 5] [--concurrency 1 8 32 100] [--rows FILE] [-- SERVER FLAGS]`
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from benchmarks import child, report
from benchmarks.core import on_core, two_cores
from benchmarks.housing import NAME, make_model, price
from benchmarks.load import Point, Spell, Target, measure
from benchmarks.question import Question, fastapi_question, grpc_question, questions
from serving_kit.command import exit_status
from serving_kit.process import start

Started = AbstractContextManager[tuple[int, int]]
"""A server's port and process number, for as long as it is needed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, print two tables and write rows; return the exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _main(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocols", description=__doc__)
    known = [question.protocol for question in questions()]
    parser.add_argument("--model", type=Path, help=f"a directory whose model takes x and gives price; {NAME} is made")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each point")
    parser.add_argument("--warmup", type=float, default=1.0, help="seconds before each point")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32, 100], help="connections")
    parser.add_argument("--only", nargs="+", choices=known, default=known, help="these protocols")
    parser.add_argument("--without-peers", action="store_true", help="leave the servers to compare with out")
    parser.add_argument("--rows", type=Path, default=Path("build/benchmarks/protocols.jsonl"), help="file to write")
    parser.add_argument("flags", nargs="*", help="further flags of python -m serving_kit.serve, after --")
    return parser


def _main(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as folder:
        model, expected = options.model, None
        if model is None:
            model, expected = make_model(Path(folder)), price()
        points = []
        for point in _measured(options, model, expected):
            points.append(point)
            sys.stderr.write(f"{point.protocol}, c={point.concurrency}: {point.requests_per_s:,.0f} requests/s\n")
    sys.stdout.write(f"{report.table(points)}\n\n{report.ratios(points)}\n")
    report.write_rows(points, options.rows, {"flags": options.flags})


def _measured(options: argparse.Namespace, model: Path, expected: float | None) -> Iterator[Point]:
    server_core, client_core = two_cores()
    chosen = [question for question in questions() if question.protocol in options.only]
    runs: list[tuple[Started, Sequence[Question]]] = [(_server(model, options.flags, server_core), chosen)]
    if not options.without_peers:
        runs.append((child.started("benchmarks.peers", "fastapi", str(model), core=server_core), [fastapi_question()]))
        runs.append((child.started("benchmarks.peers", "grpc", str(model), core=server_core), [grpc_question()]))
    spell = Spell(options.seconds, options.warmup)
    for started, asked in runs:
        with started as (port, pid), on_core(client_core):
            target = Target(port, pid, expected)
            for question in asked:
                for concurrency in options.concurrency:
                    yield measure(question, target, concurrency, spell)


@contextmanager
def _server(model: Path, flags: Sequence[str], core: int) -> Iterator[tuple[int, int]]:
    with on_core(core):
        server = start(model, name=NAME, flags=flags)
    with server:
        yield server.port, server.pid


if __name__ == "__main__":
    sys.exit(main())
