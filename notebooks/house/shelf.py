"""Where the notebooks are: `notebooks/<task>/<slug>.ipynb`, one a model; the tour above them, guides in `guides/`."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).resolve().parents[1]
ROOT = NOTEBOOKS.parent
GUIDES = NOTEBOOKS / "guides"


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


def chosen(slugs: list[str]) -> list[Path]:
    """Return the notebooks of these slugs, or all where none is named; SystemExit names an unknown one."""
    known = {path.stem: path for path in paths()}
    unknown = [slug for slug in slugs if slug not in known]
    if unknown:
        raise SystemExit(f"no notebook is called {unknown[0]!r}; there are {', '.join(known)}")
    return [known[slug] for slug in slugs] if slugs else list(known.values())


def read(path: Path) -> NotebookNode:
    """Read a notebook."""
    return nbformat.read(path, as_version=4)


def write(notebook: NotebookNode, path: Path) -> None:
    """Check a notebook against Jupyter's schema and write it as Jupyter would."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what papermill and the kernel add for themselves, so that only real changes show."""
    metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    cells = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        if "injected-parameters" not in (tags or ()):
            cells.append({**cell, "metadata": {"tags": tags} if tags else {}})
    return nbformat.from_dict({**notebook, "cells": cells, "metadata": metadata})
