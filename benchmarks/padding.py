"""Requests of different sizes, with batching and without: whether padding pays, in one process and on the server.

`python -m benchmarks.padding [--only m4 m5] [--seconds 10] [--repeats 3] [--concurrency 32]`
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

import uvloop

import bootstrap
from benchmarks import gain, report
from benchmarks.asker import Tally
from benchmarks.core import on_core, two_cores
from benchmarks.exchange import Exchange, MixedAsker, exchanges
from benchmarks.load import Point, Spell, Target, observed
from benchmarks.mixture import Mixture, detection, encoder
from benchmarks.padding_page import Result, Seen, page
from serving_kit import start
from serving_kit.command import exit_status

_SLUGS = ("m4", "m5")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, write rows and the page, and return the exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _main(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.padding", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=_SLUGS, default=list(_SLUGS), help="these models")
    parser.add_argument("--engine", default="paddle", help="of the server, and of the engine alone")
    parser.add_argument("--most", type=int, default=8, help="requests a run")
    parser.add_argument("--concurrency", type=int, default=32, help="connections, each with one request on its way")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each point")
    parser.add_argument("--warmup", type=float, default=5.0, help="seconds before each point")
    parser.add_argument("--repeats", type=int, default=3, help="interleaved rounds; the page shows medians")
    parser.add_argument("--rows", type=Path, default=bootstrap.ROOT / "build" / "benchmarks" / "padding.jsonl")
    parser.add_argument("--page", type=Path, default=Path(__file__).with_name("PADDING.md"), help="file to write")
    return parser


def _main(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as folder:
        results = [_result(options, _mixture(slug, Path(folder))) for slug in options.only]
    points = [point for result in results for seen in result.seen for point in seen.points]
    report.write_rows(points, options.rows, {"engine": options.engine, "most": options.most})
    text = page(results, options.engine, options.most)
    options.page.parent.mkdir(parents=True, exist_ok=True)
    options.page.write_text(text, "utf-8")
    sys.stdout.write(text)


def _mixture(slug: str, folder: Path) -> Mixture:
    return detection() if slug == "m4" else encoder(folder)


def settings(mixture: Mixture, engine: str, most: int) -> dict[str, tuple[str, ...]]:
    """Return the flags of each server by what the page calls it; the one without batching comes first."""
    batching = ("--engine", engine, "--runtime_thread_num", "1", "--batch_infer_size", str(most))
    return {
        "no batching": ("--engine", engine),
        "batching": batching,
        "batching and padding": (*batching, "--auto_padding", mixture.padding),
    }


def _result(options: argparse.Namespace, mixture: Mixture) -> Result:
    server_core, client_core = two_cores()
    with on_core(server_core):
        alone, expected = gain.measure(mixture, options.most, options.repeats, options.engine)
    flags = settings(mixture, options.engine, options.most)
    asked = {name: exchanges(mixture, mixture.slug, expected) for name in flags}
    points: dict[str, list[Point]] = {name: [] for name in flags}
    with ExitStack() as stack:
        with on_core(server_core):
            servers = {
                name: stack.enter_context(start(mixture.directory, name=mixture.slug, flags=words))
                for name, words in flags.items()
            }
        for _ in range(options.repeats):
            for name, server in servers.items():
                with on_core(client_core):
                    point = _point(
                        options, f"{mixture.slug}, {name}", asked[name], Target(server.port, server.pid, None)
                    )
                sys.stderr.write(f"{point.protocol}: {point.requests_per_s:.1f} requests/s\n")
                points[name].append(point)
    seen = [Seen(name, flags[name], points[name], *_differences(asked[name])) for name in flags]
    return Result(mixture.slug, mixture.title, options.concurrency, alone, seen)


def _differences(asked: Sequence[Exchange]) -> tuple[float, float]:
    """Return the mean and the largest difference of the answers that came."""
    means = [exchange.mean_difference for exchange in asked if exchange.mean_difference is not None]
    most = [exchange.most_difference for exchange in asked if exchange.most_difference is not None]
    return sum(means) / len(means), max(most)


def _point(options: argparse.Namespace, name: str, asked: Sequence[Exchange], target: Target) -> Point:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask(options, name, asked, target))


async def _ask(options: argparse.Namespace, name: str, asked: Sequence[Exchange], target: Target) -> Point:
    tally = Tally()
    loop = asyncio.get_running_loop()
    askers = [MixedAsker(turns, tally) for turns in _turns(asked, options.concurrency)]
    for asker in askers:
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", target.port)  # type: ignore[misc] # as load.py
    try:
        return await observed(name, tally, target, options.concurrency, Spell(options.seconds, options.warmup))
    finally:
        for asker in askers:
            asker.close()


def _turns(asked: Sequence[Exchange], concurrency: int) -> Iterator[Iterator[Exchange]]:
    """Yield for each connection all requests again and again, each beginning with another one."""
    for number in range(concurrency):
        yield islice(cycle(asked), number % len(asked), None)


if __name__ == "__main__":
    sys.exit(main())
