"""What came of one run of a notebook, read from the executed file and from its latency row."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from notebooks.house import shelf
from serving_kit.bench import Row


@dataclass(frozen=True)
class Outcome:
    """One notebook's run: `error` is empty where every cell ran, `row` is None for a guide."""

    slug: str
    notebook: NotebookNode | None
    answer: str
    error: str
    row: Row | None
    took_s: float

    @property
    def said(self) -> str:
        """What the model answered, or why it did not."""
        return f"failed: {self.error}" if self.error else self.answer or f"a guide, ran in {self.took_s:.0f} s"

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
    error = failure(notebook) if notebook else ""
    if not error and not ended_well:
        error = next(
            (line for line in reversed(log.read_text().splitlines()) if line.strip()), "papermill said nothing"
        )
    if not error and row is None and not shelf.is_guide(path):
        error = f"it left no latency row for {path.stem}"
    return Outcome(path.stem, notebook, answer(notebook, path.stem) if notebook else "", error, row, took_s)


def failure(notebook: NotebookNode) -> str:
    """Return the first error with the cell that raised it, or an empty text."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return f"cell {cell.id}: {output.ename}: {output.evalue}"
    return ""


def answer(notebook: NotebookNode, slug: str) -> str:
    """Return what the cell tagged `verify` printed, without the model's name."""
    verify = [cell for cell in notebook.cells if "verify" in cell.metadata.get("tags", [])]
    printed = "".join(output.get("text", "") for cell in verify for output in cell.outputs)
    return printed.strip().removeprefix(f"{slug}: ")
