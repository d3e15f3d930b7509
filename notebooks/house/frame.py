"""Frame cells: the cells that every model notebook shares, stamped from its card into `template.ipynb`'s words.

A frame cell is known by its id, `frame-<what>`; every other cell is its author's own and is never touched. The template
also holds placeholders for the author's cells, for a new notebook to begin with.
"""

from pathlib import Path
from string import Template

import nbformat
from nbformat import NotebookNode

from notebooks.house import shelf
from zoo.card import Card

TEMPLATE = Path(__file__).with_name("template.ipynb")
WEIGHTS = {
    "registry": "real, out of the registry package `{package}`",
    "url": "real, the vendor's own archive <{url}>",
    "train": "real, trained here in minutes from packaged data; held-out score {score:g}",
    "architecture": "**none: the real architecture with seeded weights, so its answers mean nothing; "
    "this notebook shows shapes, speed and plumbing**",
}


UNTRAINED_VERIFY = """\
# Untrained weights have no right answer: only its shapes can be.
print(f"{card.name}: {', '.join(str(array.shape) for array in outputs.values())}")"""


def is_frame(cell: NotebookNode) -> bool:
    """Tell whether the house owns this cell."""
    return str(cell.get("id", "")).startswith("frame-")


def template() -> NotebookNode:
    """Return the template with its `${placeholders}` unfilled."""
    return shelf.read(TEMPLATE)


def fields(card: Card) -> dict[str, str]:
    """Return what a card fills into the placeholders."""
    source = card.sources[0]
    return {
        "slug": card.name,
        "title": card.title,
        "summary": card.summary.strip(),
        "suite": card.suite,
        "licence": card.licence,
        "weights": WEIGHTS[source.kind].format(**source.model_dump()),
        "size_mb": f"{card.resources.size_mb:g}",
        "memory_mb": f"{card.resources.memory_mb:g}",
        "feeds": "{" + ", ".join(f'"{port.alias}": {port.alias}' for port in card.inputs) + "}",
    }


def begin(card: Card) -> NotebookNode:
    """Return a new notebook: stamped frame cells and placeholders for the author's own."""
    return _fill(template(), card)


def stamp(notebook: NotebookNode, card: Card) -> NotebookNode:
    """Return a copy with the frame as it should be; the author's cells stay behind the frame cell they stood behind.

    A frame cell that changes loses its output, for that was another cell's.
    """
    own: dict[str | None, list[NotebookNode]] = {None: []}
    before, had = None, {}
    for cell in notebook.cells:
        if is_frame(cell):
            before, had[cell.id] = cell.id, cell
            own.setdefault(before, [])
        else:
            own[before].append(cell)
    cells = list(own.pop(None))
    for wanted in filter(is_frame, begin(card).cells):
        cells += [_with_outputs(wanted, had.get(wanted.id)), *own.pop(wanted.id, [])]
    cells += [cell for left in own.values() for cell in left]
    kept = {shelf.RECORD: notebook.metadata[shelf.RECORD]} if shelf.RECORD in notebook.metadata else {}
    return nbformat.from_dict({**notebook, "cells": cells, "metadata": {**template().metadata, **kept}})


def drift(notebook: NotebookNode, card: Card) -> list[str]:
    """Return the ids of the cells that `stamp` would add, change or drop, or say that it would move some."""
    have = {cell.id: cell for cell in notebook.cells}
    want = {cell.id: cell for cell in stamp(notebook, card).cells}
    changed = [name for name in {**want, **have} if have.get(name) != want.get(name)]
    return changed or (["the order of the cells"] if list(have) != list(want) else [])


def _with_outputs(wanted: NotebookNode, had: NotebookNode | None) -> NotebookNode:
    if had is not None and wanted.cell_type == had.cell_type == "code" and wanted.source == had.source:
        return nbformat.from_dict({**wanted, "outputs": had.outputs, "execution_count": had.execution_count})
    return wanted


def _fill(notebook: NotebookNode, card: Card) -> NotebookNode:
    values = fields(card)
    for cell in notebook.cells:
        cell.source = Template(cell.source).substitute(values)
        if cell.id == "frame-verify" and card.example.expect is None:
            cell.source = UNTRAINED_VERIFY
    return notebook
