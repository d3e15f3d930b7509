"""What came of one run of a notebook, read from the executed file and from its latency row."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from notebooks.house import shelf
from serving_kit.bench import Row

LOG_LINES = 40


@dataclass(frozen=True)
class Failure:
    """Why a notebook did not run to its end; `cell` and `source` are empty where no cell is to blame."""

    reason: str
    cell: str = ""
    source: str = ""
    traceback: str = ""

    def __str__(self) -> str:
        return f"cell {self.cell}: {self.reason}" if self.cell else self.reason


@dataclass(frozen=True)
class Outcome:
    """One notebook's run: `failure` is None where every cell ran, `row` is None for a guide.

    `resumed` tells that it ran well in an earlier batch and was not run again; `took_s` is that run's.
    """

    slug: str
    notebook: NotebookNode | None
    answer: str
    failure: Failure | None
    row: Row | None
    took_s: float
    resumed: bool = False

    @property
    def said(self) -> str:
        """What the model answered, or why it did not."""
        return f"failed: {self.failure}" if self.failure else self.answer or f"a guide, ran in {self.took_s:.0f} s"

    @property
    def numbers(self) -> tuple[str, str, str, str]:
        """p50, p95 and p99 in milliseconds and requests a second, empty for a guide."""
        if self.row is None:
            return "", "", "", ""
        p50, p95, p99 = (f"{ms:.2f}" for ms in (self.row.p50_ms, self.row.p95_ms, self.row.p99_ms))
        return p50, p95, p99, f"{self.row.requests_per_s:,.0f}"


def read(path: Path, executed: Path, log: Path, rows: Sequence[Row], took_s: float, *, ended_well: bool) -> Outcome:
    """Return the outcome of the notebook at `path`; a model's notebook that left no latency row has failed."""
    notebook = shelf.read(executed) if executed.exists() else None
    row = next((row for row in reversed(rows) if row.slug == path.stem), None)
    found = failure(notebook) if notebook else None
    if not found and not ended_well:
        found = _from_log(log)
    if not found and row is None and not shelf.is_guide(path):
        found = Failure(f"it left no latency row for {path.stem}")
    return Outcome(path.stem, notebook, answer(notebook, path.stem) if notebook else "", found, row, took_s)


def failure(notebook: NotebookNode) -> Failure | None:
    """Return the first error with the cell that raised it and its traceback as plain text, None where there is none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                traceback = strip_ansi("\n".join(output.traceback))
                return Failure(f"{output.ename}: {output.evalue}", cell.id, cell.source, traceback)
    return None


def answer(notebook: NotebookNode, slug: str) -> str:
    """Return what the cell tagged `verify` printed, without the model's name."""
    verify = [cell for cell in notebook.cells if "verify" in cell.metadata.get("tags", [])]
    printed = "".join(output.get("text", "") for cell in verify for output in cell.outputs)
    return printed.strip().removeprefix(f"{slug}: ")


def _from_log(log: Path) -> Failure:
    """Return what papermill said last, where it broke off beside the cells: no kernel, or one that died."""
    lines = [line for line in strip_ansi(log.read_text(errors="replace")).splitlines() if line.strip()]
    return Failure(lines[-1] if lines else "papermill said nothing", traceback="\n".join(lines[-LOG_LINES:]))
