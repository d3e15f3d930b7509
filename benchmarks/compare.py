"""This server beside its peers, each around the same ONNX model on one core, and a page of what came out.

`python -m benchmarks.compare [--only m1 m2] [--servers 'ours*' mosec] [--seconds 3] [--repeats 3] [--quick]`
"""

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import bootstrap
from benchmarks.core import two_cores
from benchmarks.peer import limit, page
from benchmarks.peer.bout import Plan, Turn
from benchmarks.peer.generator import wrk
from benchmarks.peer.lineup import PEERS, peers
from benchmarks.peer.model import MODELS, Made, make, models
from benchmarks.peer.peer import Job, Peer
from benchmarks.peer.row import Absence, Limit, Point, Run, Server, Subject, read, write
from serving_kit.bench.row import Machine, versions
from serving_kit.command import exit_status

_QUICK = {"seconds": 1.0, "repeats": 1, "most_connections": 32}
_BATCHES = (1, 8)
_PORT = 8000  # in the commands that the page shows

Measured = Limit | Point | Absence


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure as the arguments say, write rows, plots and the page; return the exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _main(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    names = ", ".join(peer.name for peer in PEERS)
    parser.add_argument("--only", nargs="+", choices=[model.slug for model in MODELS], default=[], help="these models")
    parser.add_argument("--servers", nargs="+", default=[], help=f"these of {names}; ours* names several")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each point at least")
    parser.add_argument("--repeats", type=int, default=3, help="rounds; the page shows medians")
    parser.add_argument("--most-connections", type=int, default=1000, help="leave larger concurrencies out")
    parser.add_argument("--quick", action="store_true", help="1 second, 1 round, at most 32 connections")
    parser.add_argument("--rows", type=Path, default=bootstrap.ROOT / "build" / "benchmarks" / "peers.jsonl")
    parser.add_argument("--page", type=Path, default=Path(__file__).with_name("PEERS.md"), help="file to write")
    parser.add_argument("--write-only", action="store_true", help="measure nothing, write the page from --rows anew")
    return parser


def _main(options: argparse.Namespace) -> None:
    if options.quick:
        vars(options).update(_QUICK)
    if not options.write_only:
        chosen = peers(options.servers)
        write(_said(_rows(options, chosen)), options.rows)
    page.write(read(options.rows), options.page)


def _rows(options: argparse.Namespace, chosen: Sequence[Peer]) -> Iterator[Run | Measured]:
    program = wrk()
    server_core, client_core = two_cores()
    with tempfile.TemporaryDirectory(prefix="serving-kit-benchmark-") as scratch:
        folder = Path(scratch)
        made = [make(model, folder / "models") for model in models(options.only)]
        yield Run(
            at=datetime.now(UTC),
            arguments=_words(options),
            machine=Machine.here(),
            load=os.getloadavg()[0],
            versions={**versions(), "wrk": program.version()},
            seconds=options.seconds,
            repeats=options.repeats,
            models=[Subject(slug=one.slug, title=one.model.title) for one in made],
            servers=[_server(peer, made[0], folder / "about" / peer.name) for peer in chosen],
        )
        plan = Plan(options.seconds, server_core, client_core, most_connections=options.most_connections)
        for one in made:
            for number in range(options.repeats):
                place = folder / f"{one.slug}-{number}"
                limits = [limit.measure(one, batch, plan.seconds, server_core, number) for batch in _BATCHES]
                yield from limits
                for peer in chosen:
                    yield from Turn(peer, one, program, plan.against(limits[0]), number, place / peer.name).measure()


def _words(options: argparse.Namespace) -> list[str]:
    """Return the arguments that make another run like this one; where it writes is left out."""
    lists = {"--only": options.only, "--servers": options.servers}
    numbers = ("seconds", "repeats", "most_connections")
    words = [word for name, values in lists.items() if values for word in (name, *values)]
    for name in numbers:
        if getattr(options, name) != _parser().get_default(name):
            words += [f"--{name.replace('_', '-')}", f"{getattr(options, name):g}"]
    return words


def _server(peer: Peer, made: Made, folder: Path) -> Server:
    """Return what is said of a server: its command is that of a reader's own machine."""
    folder.mkdir(parents=True)
    job = Job(made, _PORT, folder, Path("python"))
    words = [Path(word).name if "/" in word else word for word in peer.command(job)]
    return Server(
        name=peer.name,
        title=peer.title,
        settings=peer.settings,
        command=shlex.join(words),
        asked=[f"{wire}: {question.summary}" for wire, question in peer.questions(made).items()],
        versions=peer.versions(),
    )


def _said(rows: Iterable[Run | Measured]) -> Iterator[Run | Measured]:
    """Pass rows on, and tell on standard error what came."""
    for row in rows:
        _say(row)
        yield row


def _say(row: Run | Measured) -> None:
    match row:
        case Point():
            figures = f"{row.requests_per_s:,.1f}/s, p99 {row.p99_ms:.2f} ms, {row.server_cpu_us:.0f} µs"
            sys.stderr.write(f"{row.model} {row.wire} {row.server} c={row.concurrency}: {figures}\n")
        case Limit():
            sys.stderr.write(f"{row.model} engine alone, batch {row.batch}: {row.instances_per_s:,.1f}/s\n")
        case Absence():
            sys.stderr.write(f"{row.model} {row.wire or ''} {row.server}: {row.reason}\n")


if __name__ == "__main__":
    sys.exit(main())
