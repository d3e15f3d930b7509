"""Run notebooks through papermill, some at a time, and end in a table and one report: `python -m notebooks.house.run`.

Each notebook runs in a process of its own. `build/run/` keeps the executed notebooks, one log each, the latency rows of
all runs so far and `report.html`. With --in-place the outputs go back into the notebooks themselves.
"""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from notebooks.house import outcome, report, shelf
from notebooks.house.outcome import Outcome
from serving_kit import bench

FOLDER = shelf.ROOT / "build" / "run"
CELL_TIMEOUT_S = 600
DONE_CELLS = re.compile(r"(\d+)/(\d+) \[")


def main() -> int:
    """Run the notebooks that were named, or all, and return an exit status."""
    parser = argparse.ArgumentParser(description="Run notebooks through papermill and write one report.")
    parser.add_argument("slugs", nargs="*", help="notebooks to run, all where none is named")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    parser.add_argument("--in-place", action="store_true", help="keep the outputs in the notebooks")
    arguments = parser.parse_args()
    paths = shelf.chosen(arguments.slugs)
    console = Console(width=None if sys.stdout.isatty() else 130)
    try:
        outcomes = run(paths, arguments.jobs, console, in_place=arguments.in_place)
        return _conclude(outcomes, console)
    except KeyboardInterrupt:
        console.print("interrupted; run the same command again to start over")
        return 130


def _conclude(outcomes: list[Outcome], console: Console) -> int:
    """Show the table and the failures, write the report and return an exit status."""
    console.print(table(outcomes))
    failed = [each for each in outcomes if each.error]
    for each in failed:
        log = FOLDER.relative_to(shelf.ROOT) / f"{each.slug}.log"
        console.print(Text(f"{each.slug} failed in {each.error} (log: {log})", style="red"))
    console.print("report:", report.write(outcomes, FOLDER / "report.html"), soft_wrap=True)
    return 1 if failed else 0


def run(
    paths: list[Path], jobs: int, console: Console, *, folder: Path = FOLDER, in_place: bool = False
) -> list[Outcome]:
    """Run notebooks, `jobs` at a time, show how far each one is, and return their outcomes in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress, ThreadPoolExecutor(jobs) as pool:
        futures = {}
        for path in paths:
            bar = progress.add_task(path.stem, total=len(shelf.read(path).cells), start=False)
            futures[pool.submit(_run_one, path, folder, progress, bar, in_place=in_place)] = path
        try:
            for future in as_completed(futures):
                done = future.result()
                console.print(f"{'[red]failed[/]' if done.error else 'ran'} {done.slug} in {done.took_s:.0f} s")
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def table(outcomes: Iterable[Outcome]) -> Table:
    """Return what the models answered and how fast, one row a notebook."""
    made = Table(Column("model", no_wrap=True), "provenance", "what it answered", box=SIMPLE_HEAD)
    for heading in ("p50 ms", "p95 ms", "p99 ms", "requests/s"):
        made.add_column(heading, justify="right")
    for each in outcomes:
        made.add_row(each.slug, each.row.provenance if each.row else "", Text(each.said), *each.numbers)
    return made


def _run_one(path: Path, folder: Path, progress: Progress, bar: TaskID, *, in_place: bool) -> Outcome:
    """Run one notebook in a papermill process; its progress bar is read from its log."""
    executed, log = folder / path.name, folder / f"{path.stem}.log"
    executed.unlink(missing_ok=True)
    began, started_at = time.monotonic(), datetime.now(UTC)
    command = [sys.executable, "-m", "papermill", str(path), str(executed), "--cwd", str(path.parent)]
    command += ["--kernel", "python3", "--execution-timeout", str(CELL_TIMEOUT_S), "--progress-bar"]
    rows = path.parent / "../../build/latency.jsonl" if in_place else folder / "latency.jsonl"
    if not in_place and not shelf.is_guide(path):
        command += ["-p", "results", str(rows)]
    progress.start_task(bar)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        while process.poll() is None:
            time.sleep(0.2)
            if seen := DONE_CELLS.findall(log.read_text(errors="replace")):
                progress.update(bar, completed=int(seen[-1][0]), total=int(seen[-1][1]))
    progress.remove_task(bar)
    new_rows = [row for row in bench.read(rows) if row.at >= started_at]
    took_s = time.monotonic() - began
    done = outcome.read(path, executed, log, new_rows, took_s, ended_well=process.returncode == 0)
    if in_place and done.notebook and not done.error:
        shelf.write(shelf.cleaned(done.notebook), path)
    return done


if __name__ == "__main__":
    sys.exit(main())
