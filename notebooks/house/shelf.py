"""Where the notebooks are: `notebooks/<task>/<slug>.ipynb`, one a model; the tour above them, guides in `guides/`."""

import copy
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from serving_kit.errors import BadInput

NOTEBOOKS = Path(__file__).resolve().parents[1]
ROOT = NOTEBOOKS.parent
GUIDES = NOTEBOOKS / "guides"
RECORD = "serving_kit"  # the key of a notebook's metadata that is the house's own
# What `make run` shows: one model of each kind, of those that need no other framework, and no large download.
TOUR = (
    "start-here",
    "uci-housing",
    "lac",
    "pp-ocrv4-mobile-det",
    "pp-ocr-mobile-v2-cls",
    "pp-ocrv4-mobile-rec",
    "picodet-layout-cdla",
    "silero-vad",
    "chinese-reviews",
)


def paths() -> list[Path]:
    """Return every notebook, guides first, in the order a reader would take them."""
    return guides() + model_notebooks()


def guides() -> list[Path]:
    """Return the notebooks that belong to no single model, the tour first."""
    return sorted(NOTEBOOKS.glob("*.ipynb")) + sorted(GUIDES.glob("*.ipynb"))


def model_notebooks() -> list[Path]:
    """Return one notebook a model, sorted by task and slug."""
    return sorted(path for path in NOTEBOOKS.glob("*/*.ipynb") if path.parent.name not in ("guides", "house"))


def is_guide(path: Path) -> bool:
    """Tell whether a notebook belongs to no single model."""
    return path.resolve().parent in (NOTEBOOKS, GUIDES)


def chosen(words: Sequence[str]) -> list[Path]:
    """Return the notebooks that words name, each once: slugs, tasks, `guides`, `tour`, `all`; no word means all.

    BadInput says which word names nothing, and what comes nearest.
    """
    shelves = _shelves()
    unknown = [word for word in words if word not in shelves]
    if unknown:
        near = get_close_matches(unknown[0], shelves, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}" if near else "`python -m notebooks list` says what there is"
        raise BadInput(f"no notebook and no task is called {unknown[0]!r}; {hint}")
    return list(dict.fromkeys(path for word in words or ["all"] for path in shelves[word]))


def _shelves() -> dict[str, list[Path]]:
    """Return what every word names."""
    shelves = {"all": paths(), "guides": guides(), "tour": [path for path in paths() if path.stem in TOUR]}
    for path in model_notebooks():
        shelves.setdefault(path.parent.name, []).append(path)
    return {**shelves, **{path.stem: [path] for path in paths()}}


def read(path: Path) -> NotebookNode:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> None:
    """Check a notebook against Jupyter's schema and write it as Jupyter would."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what papermill and the kernel add for themselves, so that only real changes show.

    The record stays. Where papermill had put in a cell of its own, the cells are counted as if it had not.
    """
    metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    if RECORD in notebook.metadata:
        metadata[RECORD] = notebook.metadata[RECORD]
    cells = []
    dropped = 0
    for cell in copy.deepcopy(notebook.cells):
        tags = cell.metadata.get("tags")
        if "injected-parameters" in (tags or ()):
            dropped += cell.execution_count is not None
            continue
        cell.metadata = {"tags": tags} if tags else {}
        _recount(cell, dropped)
        cells.append(cell)
    return nbformat.from_dict({**notebook, "cells": cells, "metadata": metadata})


def title(notebook: NotebookNode) -> str:
    """Return a notebook's first heading, an empty text where it has none."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return next((line.removeprefix("# ") for text in texts for line in text.splitlines() if line[:2] == "# "), "")


def _recount(cell: NotebookNode, dropped: int) -> None:
    for counted in (cell, *cell.get("outputs", ())):
        if counted.get("execution_count") is not None:
            counted.execution_count -= dropped
