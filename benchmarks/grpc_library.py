"""Which library should answer gRPC behind a port that it does not own: grpcio with bytes carried to it, or grpclib.

`python -m benchmarks.grpc_library [--seconds 3] [--ways direct carried grpclib] [--rows FILE]`
"""

import argparse
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.child import started
from benchmarks.core import on_core, two_cores
from benchmarks.grpc_channel import Call, measure_channel
from benchmarks.grpc_services import ANSWER, PATH, WAYS
from benchmarks.http2 import GrpcAsker, call
from benchmarks.load import Point, Spell, Target, measure
from benchmarks.question import Question
from serving_kit.command import exit_status
from serving_kit.errors import BadInput

_SMALL = bytes(100)
_LARGE = bytes(602_112)  # an image of 224 x 224 in float32
_PREFIX_BYTES = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, print a table and write rows; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grpc_library", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each point")
    parser.add_argument("--warmup", type=float, default=0.5, help="seconds before each point")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32, 100], help="calls on their way")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS), help="servers to compare")
    parser.add_argument("--rows", type=Path, default=Path("build/benchmarks/grpc_library.jsonl"), help="file to write")
    return exit_status(lambda: _main(parser.parse_args(arguments)))


def _main(options: argparse.Namespace) -> None:
    if "grpclib" in options.ways and importlib.util.find_spec("grpclib") is None:
        raise BadInput(
            "grpclib is not installed here; run in an environment that has it, or with --ways direct carried"
        )
    points = []
    for point in _measured(options):
        points.append(point)
        sys.stderr.write(f"{point.protocol}, c={point.concurrency}: {point.requests_per_s:,.0f} calls/s\n")
    sys.stdout.write(f"{report.table(points)}\n")
    report.write_rows(points, options.rows, {})


def _measured(options: argparse.Namespace) -> Iterator[Point]:
    spell = Spell(options.seconds, options.warmup)
    server_core, client_core = two_cores()
    for way in options.ways:
        with started("benchmarks.grpc_services", way, core=server_core) as (port, pid), on_core(client_core):
            small = Target(port, pid, _PREFIX_BYTES + len(ANSWER))
            each = Question(f"{way}, 100 B, a connection a call", GrpcAsker, call(PATH, _SMALL), _length)
            yield from (measure(each, small, c, spell) for c in options.concurrency)
            channel = Target(port, pid, len(ANSWER))
            for name, body in (("100 B", _SMALL), ("602 kB", _LARGE)):
                many = Call(f"{way}, {name}, one channel", PATH, body)
                yield from (measure_channel(many, channel, c, spell) for c in options.concurrency)


def _length(answer: bytes) -> float:
    return float(len(answer))


if __name__ == "__main__":
    sys.exit(main())
