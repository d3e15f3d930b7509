"""The parameters of notebooks: what their cell tagged `parameters` sets, and what a batch sets instead."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from nbformat import NotebookNode

from notebooks.house import shelf
from serving_kit.errors import BadInput

Values = Mapping[str, str]


def names(notebook: NotebookNode) -> list[str]:
    """Return what the cells tagged `parameters` set, in their order."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    return [line.split("=")[0].strip() for cell in cells for line in cell.source.splitlines() if "=" in line]


def share(pairs: Iterable[tuple[str, str]], paths: Iterable[Path]) -> dict[Path, dict[str, str]]:
    """Return which of the (name, value) pairs each notebook takes.

    Papermill only warns of a name that a notebook does not know. Here a name that none of them knows is BadInput, with
    the nearest that one does.
    """
    known = {path: names(shelf.read(path)) for path in paths}
    every = sorted({name for found in known.values() for name in found})
    wanted = dict(pairs)
    for name in wanted:
        if name not in every:
            near = get_close_matches(name.lower(), every, n=1)
            hint = f"did you mean {near[0]!r}" if near else f"they take {', '.join(every) or 'none'}"
            raise BadInput(f"none of these notebooks has a parameter {name!r}; {hint}")
    return {path: {name: wanted[name] for name in found if name in wanted} for path, found in known.items()}
