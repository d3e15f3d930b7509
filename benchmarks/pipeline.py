"""What the pipeline costs: an op that does nothing, two models behind one another, and Paddle Serving 0.9 beside it.

`python -m benchmarks.pipeline [--only ops ocr old] [--without-peer] [--seconds 3] [--repeats 3]`
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import bootstrap
from benchmarks import report
from benchmarks.core import two_cores
from benchmarks.dag import ocr, old
from benchmarks.dag.chain import measure_chains
from benchmarks.dag.page import About, page
from benchmarks.dag.rounds import Rounds
from benchmarks.load import Point, Spell
from serving_kit.command import exit_status

Measure = Callable[[Path], Iterator[Point]]
"""Yields one round of one part; what it writes goes into the folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, write rows and the page, and return the exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _main(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=list(_PARTS), help="these parts")
    parser.add_argument("--ops", type=int, nargs="+", default=[1, 2, 4, 8], help="lengths of the chains")
    parser.add_argument("--ocr-settings", nargs="+", choices=ocr.SETTINGS, default=list(ocr.SETTINGS), help="of ocr")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32], help="connections, beside 0.9")
    parser.add_argument("--without-peer", action="store_true", help="leave Paddle Serving 0.9 out")
    parser.add_argument("--old-python", choices=old.PYTHONS, default=old.PYTHONS[0], help="that 0.9 runs under")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each point")
    parser.add_argument("--warmup", type=float, default=1.0, help="seconds before each point")
    parser.add_argument("--ocr-seconds", type=float, default=20.0, help="of each point of ocr")
    parser.add_argument("--ocr-warmup", type=float, default=5.0, help="seconds before each point of ocr")
    parser.add_argument("--repeats", type=int, default=3, help="interleaved rounds; the page shows medians")
    parser.add_argument("--rows", type=Path, default=bootstrap.ROOT / "build" / "benchmarks" / "pipeline.jsonl")
    parser.add_argument("--page", type=Path, default=Path(__file__).with_name("PIPELINE.md"), help="file to write")
    return parser


def _main(options: argparse.Namespace) -> None:
    has_peer = "old" in options.only and not options.without_peer
    about = About(
        lengths=options.ops,
        concurrencies=options.concurrency,
        repeats=options.repeats,
        seconds=options.seconds,
        ocr_seconds=options.ocr_seconds,
        load=os.getloadavg()[0],
        python=options.old_python if has_peer else None,
    )
    rounds = Rounds()
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as scratch:
        parts = [_PARTS[part](options, Path(scratch)) for part in options.only]
        for number in range(options.repeats):
            for measure in parts:
                for point in measure(Path(scratch) / f"round-{number}"):
                    rounds.add(point)
                    sys.stderr.write(f"{point.protocol}, c={point.concurrency}: {_figures(point)}\n")
    report.write_rows(rounds, options.rows, {"old_python": about.python})
    text = page(rounds, about)
    options.page.parent.mkdir(parents=True, exist_ok=True)
    options.page.write_text(text, "utf-8")
    sys.stdout.write(text)


def _figures(point: Point) -> str:
    return f"{point.requests_per_s:,.1f}/s, p50 {point.p50_ms:.2f} ms, CPU {point.server_cpu_us:,.0f} µs"


def _ops(options: argparse.Namespace, _: Path) -> Measure:
    spell = Spell(options.seconds, options.warmup)
    return lambda folder: measure_chains(options.ops, spell, two_cores(), folder)


def _ocr(options: argparse.Namespace, scratch: Path) -> Measure:
    task, spell = ocr.Task.made(scratch), Spell(options.ocr_seconds, options.ocr_warmup)
    return lambda folder: ocr.measure_ocr(task, options.ocr_settings, spell, two_cores(), folder)


def _old(options: argparse.Namespace, _: Path) -> Measure:
    interpreter = None if options.without_peer else old.old_interpreter(options.old_python)
    task, spell = old.Task.made(interpreter), Spell(options.seconds, options.warmup)
    return lambda folder: old.measure_old(task, options.concurrency, spell, two_cores(), folder)


_PARTS: dict[str, Callable[[argparse.Namespace, Path], Measure]] = {"ops": _ops, "ocr": _ocr, "old": _old}


if __name__ == "__main__":
    sys.exit(main())
