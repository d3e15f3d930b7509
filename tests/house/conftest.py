import copy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import zoo
from notebooks.house import frame, record, shelf
from notebooks.house.outcome import Failure, Outcome
from notebooks.house.rules import PLACEHOLDER, Page
from serving_kit import bench
from serving_kit.spec import Provenance
from zoo.card import Card

KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture(scope="session")
def card() -> Card:
    return zoo.load("uci-housing")


@pytest.fixture
def page(card: Card) -> Page:
    """A model's notebook as it should be: written to its end and run."""
    notebook = frame.begin(card)
    for cell in notebook.cells:
        cell.source = cell.source.replace(PLACEHOLDER, "Houses")
    for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.execution_count = count
    record.of_model(latency_row(card.name), None).write(notebook)
    return Page(shelf.NOTEBOOKS / card.task / f"{card.name}.ipynb", notebook, card, 20_000)


def cell(page: Page, name: str) -> NotebookNode:
    """Return the cell with this id."""
    return next(cell for cell in page.notebook.cells if cell.id == name)


def twin(page: Page, slug: str) -> Page:
    """Return the same notebook under another name."""
    return Page(page.path.with_stem(slug), copy.deepcopy(page.notebook), page.card, page.size_bytes)


def latency_row(slug: str) -> bench.Row:
    """Return a latency row as a notebook would leave it."""
    return bench.Row(
        slug=slug,
        provenance=Provenance.REGISTRY,
        engine="paddle",
        concurrency=1,
        requests=10,
        errors=0,
        p50_ms=1.234,
        p95_ms=2,
        p99_ms=3.5,
        requests_per_s=1234.5,
        machine=bench.Machine(cpu="A fast one", cores=2),
        versions={"python": "3.11"},
        at=datetime.now(UTC),
    )


def written(path: Path, *sources: str, tags: tuple[str, ...] = ()) -> Path:
    """Write a notebook of these code cells, tagged on the first of them, and return its path."""
    cells = [new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(sources, 1)]
    cells[0].metadata["tags"] = list(tags)
    shelf.write(new_notebook(cells=cells, metadata=KERNEL), path)
    return path


@pytest.fixture
def good() -> Outcome:
    """What comes of a model's notebook that ran well."""
    cells = [
        new_markdown_cell("# House prices\n\nA line <script>alert(1)</script>."),
        new_code_cell("print(verdict)", metadata={"tags": ["verify"]}, outputs=[new_output("stream", text="m: 18.9")]),
    ]
    return Outcome("m", new_notebook(cells=cells, metadata=KERNEL), "18.9", None, latency_row("m"), 3.0)


@pytest.fixture
def bad() -> Outcome:
    """What comes of a notebook that failed in a cell."""
    failure = Failure("BadInput: shape [1, 13] <b>", "frame-serve", "serve(<x>)", "Traceback\n  <module>\nBadInput: …")
    return Outcome("lac", None, "", failure, None, 1.0)
