"""Run notebooks through papermill, each in a process of its own, some at a time, and show how far each one is.

`build/run/` keeps the executed notebooks, one log each, the latency rows of all runs so far, and what ran well.
"""

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from notebooks.house import outcome, record, shelf, state
from notebooks.house.outcome import Failure, Outcome
from notebooks.house.parameter import Values
from notebooks.house.state import State
from serving_kit import bench
from serving_kit.errors import ServingKitError

FOLDER = shelf.ROOT / "build" / "run"
CELL_TIMEOUT_S = 600
DONE_CELLS = re.compile(r"(\d+)/(\d+) \[")


@dataclass(frozen=True)
class Batch:
    """How notebooks are run: where to, with what values of their parameters, and what is kept.

    With `in_place` the outputs and a record go back into the notebooks; with `resume` what ran well before, unchanged
    since, is not run again.
    """

    folder: Path = FOLDER
    parameters: Mapping[Path, Values] = field(default_factory=dict)
    in_place: bool = False
    resume: bool = False

    def key(self, path: Path) -> str:
        """Return what a run of this notebook depends on, as a text."""
        return state.key(path, {**self.parameters.get(path, {}), "in place": self.in_place})


def run(paths: Sequence[Path], jobs: int, console: Console, batch: Batch | None = None) -> list[Outcome]:
    """Run notebooks, `jobs` at a time, show how far each one is, and return their outcomes in the order given."""
    batch = batch or Batch()
    batch.folder.mkdir(parents=True, exist_ok=True)
    done = {path: earlier for path in paths if batch.resume and (earlier := _resumed(path, batch))}
    if done:
        names = ", ".join(each.slug for each in done.values())
        console.print(f"resumed: {len(done)} of {len(paths)} ran well before and are unchanged since: {names}")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress, ThreadPoolExecutor(jobs) as pool:
        futures = {}
        for path in (path for path in paths if path not in done):
            bar = progress.add_task(path.stem, total=len(shelf.read(path).cells), start=False)
            futures[pool.submit(_run_one, path, batch, progress, bar)] = path
        try:
            for count, future in enumerate(as_completed(futures), 1):
                done[futures[future]] = each = future.result()
                console.print(_line(each, f"{count} of {len(futures)}"), soft_wrap=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return [done[path] for path in paths]


def _line(each: Outcome, count: str) -> Text:
    if each.failure:
        return Text(f"failed {each.slug} in {each.took_s:.0f} s, {count}: {each.failure}", style="red")
    return Text(f"ran {each.slug} in {each.took_s:.0f} s, {count}")


def _resumed(path: Path, batch: Batch) -> Outcome | None:
    """Return the outcome of an earlier run that this batch would only repeat."""
    earlier = state.find(batch.folder, path.stem, batch.key(path))
    if earlier is None:
        return None
    notebook = shelf.read(batch.folder / path.name)
    answer = outcome.answer(notebook, path.stem)
    return Outcome(path.stem, notebook, answer, None, earlier.row, earlier.took_s, resumed=True)


def _run_one(path: Path, batch: Batch, progress: Progress, bar: TaskID) -> Outcome:
    """Run one notebook in a papermill process and keep what came of it."""
    executed, rows = batch.folder / path.name, batch.folder / "latency.jsonl"
    executed.unlink(missing_ok=True)
    state.drop(batch.folder, path.stem)
    key, written, began, started_at = batch.key(path), state.cells(path), time.monotonic(), datetime.now(UTC)
    values = {**batch.parameters.get(path, {}), **({} if shelf.is_guide(path) else {"results": str(rows)})}
    returned = _papermill(path, executed, values, progress, bar)
    new_rows = [row for row in bench.read(rows) if row.at >= started_at]
    log, took_s = executed.with_suffix(".log"), time.monotonic() - began
    done = outcome.read(path, executed, log, new_rows, took_s, ended_well=returned == 0)
    if done.failure:
        return done
    if batch.in_place:
        done = _into_place(path, done, edited=state.cells(path) != written)
    if not done.failure:
        state.keep(batch.folder, path.stem, State(key=key, took_s=took_s, row=done.row))
    return done


def _papermill(path: Path, executed: Path, values: Values, progress: Progress, bar: TaskID) -> int:
    """Run papermill and return its status; its progress bar is read from its log."""
    command = [sys.executable, "-m", "papermill", str(path), str(executed), "--cwd", str(path.parent)]
    command += ["--kernel", "python3", "--execution-timeout", str(CELL_TIMEOUT_S), "--progress-bar"]
    for name, value in values.items():
        command += ["-p", name, value]
    log = executed.with_suffix(".log")
    progress.start_task(bar)
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        while process.poll() is None:
            time.sleep(0.2)
            if seen := DONE_CELLS.findall(log.read_text(errors="replace")):
                progress.update(bar, completed=int(seen[-1][0]), total=int(seen[-1][1]))
    progress.remove_task(bar)
    return process.returncode


def _into_place(path: Path, done: Outcome, *, edited: bool) -> Outcome:
    """Keep the outputs and a record of the run in the notebook itself, unless it was edited while it ran."""
    if edited:
        return _failed(done, "it was edited while it ran, so its outputs were not kept; run it again")
    assert done.notebook
    notebook = shelf.cleaned(done.notebook)
    try:
        made = record.of_model(done.row, record.conversion(done.slug)) if done.row else None
    except ServingKitError as error:
        return _failed(done, f"its model directory cannot be read: {error}")
    (made or record.of_guide(datetime.now(UTC).date())).write(notebook)
    shelf.write(notebook, path)
    return done


def _failed(done: Outcome, reason: str) -> Outcome:
    return Outcome(done.slug, done.notebook, done.answer, Failure(reason), done.row, done.took_s)
