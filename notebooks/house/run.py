"""The command that runs notebooks and ends in a table and one report: `python -m notebooks run`."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from notebooks.house import batch, parameter, report, shelf, status
from notebooks.house.batch import FOLDER, Batch
from notebooks.house.outcome import Outcome
from serving_kit.errors import BadInput

INTERRUPTED = 130


def configure(parser: ArgumentParser, default: str) -> None:
    """Add the arguments; `default` is the word that stands for no word."""
    parser.add_argument(
        "words", nargs="*", metavar="SLUG|TASK|all|tour|guides", help=f"what to run ({default})", default=[default]
    )
    parser.add_argument(
        "-p",
        "--parameter",
        nargs=2,
        action="append",
        default=[],
        metavar=("KEY", "VALUE"),
        help="set a parameter in the notebooks that have it, e.g. -p requests 50",
    )
    parser.add_argument("--jobs", type=_jobs, default=2, help="how many at a time (2)")
    parser.add_argument("--in-place", action="store_true", help="keep outputs and a record in the notebooks")
    parser.add_argument("--resume", action="store_true", help="leave out what ran well before and is unchanged since")


def command(options: Namespace) -> int:
    """Run what was asked for; 1 where a notebook failed, 130 where Ctrl-C ended it, BadInput before anything runs."""
    paths = shelf.chosen(options.words)
    if options.in_place and options.parameter:
        raise BadInput("--in-place keeps what the notebooks themselves say; leave out -p, or --in-place")
    values = parameter.share(options.parameter, paths)
    console = Console(width=None if sys.stdout.isatty() else 130)
    for name in dict(options.parameter):
        if without := [path.stem for path in paths if name not in values[path]]:
            console.print(f"without {name}, which they do not have: {', '.join(without)}", highlight=False)
    try:
        outcomes = batch.run(paths, options.jobs, console, Batch(FOLDER, values, options.in_place, options.resume))
        return _conclude(outcomes, console)
    except KeyboardInterrupt:
        console.print("interrupted; the same command with --resume goes on from here")
        return INTERRUPTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the notebooks that were named, or all, and return an exit status."""
    parser = ArgumentParser(description="Run notebooks through papermill and write one report.")
    configure(parser, default="all")
    options = parser.parse_args(arguments)
    return status.of(lambda: command(options))


def table(outcomes: Iterable[Outcome]) -> Table:
    """Return what the models answered and how fast, one row a notebook."""
    made = Table(Column("model", no_wrap=True), "provenance", "what it answered", box=SIMPLE_HEAD)
    for heading in ("p50 ms", "p95 ms", "p99 ms", "requests/s"):
        made.add_column(heading, justify="right")
    for each in outcomes:
        made.add_row(each.slug, each.row.provenance if each.row else "", Text(each.said), *each.numbers)
    return made


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return how many ran, were resumed and failed, in one line."""
    failed = sum(each.failure is not None for each in outcomes)
    resumed = sum(each.resumed for each in outcomes)
    return f"{len(outcomes) - failed - resumed} ran well, {resumed} resumed, {failed} failed"


def _conclude(outcomes: list[Outcome], console: Console) -> int:
    """Show the table and the failures, write the report and return an exit status."""
    console.print(table(outcomes))
    failed = [each for each in outcomes if each.failure]
    for each in failed:
        log = (FOLDER / f"{each.slug}.log").relative_to(shelf.ROOT)
        console.print(Text(f"{each.slug} failed: {each.failure} (log: {log})", style="red"))
    console.print(summary(outcomes), highlight=False)
    console.print("report:", report.write(outcomes, FOLDER / "report.html"), soft_wrap=True)
    return 1 if failed else 0


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of notebooks; write 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
