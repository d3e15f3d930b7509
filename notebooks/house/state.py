"""What a batch leaves behind of each notebook that ran well, so that a broken batch goes on where it stopped."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from notebooks.house import shelf
from serving_kit.bench import Row
from zoo.loader import CARDS


class State(BaseModel):
    """A run that ended well; `key` says of what, `row` is None for a guide."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    took_s: float
    row: Row | None


def key(path: Path, settings: Mapping[str, object]) -> str:
    """Return a text that changes with the notebook's cells, its card, the settings of its run, and any version.

    Outputs do not count: a run in place changes them.
    """
    card = CARDS / f"{path.stem}.yaml"
    installed = sorted(f"{each.name} {each.version}" for each in distributions())
    parts = [cells(path), card.read_text(encoding="utf-8") if card.exists() else "", dict(settings), installed]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def cells(path: Path) -> list[tuple[str, str, list[str] | None]]:
    """Return what an author wrote: each cell's id, source and tags."""
    return [(cell.id, cell.source, cell.metadata.get("tags")) for cell in shelf.read(path).cells]


def keep(folder: Path, slug: str, state: State) -> None:
    """Write down that a notebook ran well."""
    _file(folder, slug).write_text(state.model_dump_json(), encoding="utf-8")


def drop(folder: Path, slug: str) -> None:
    """Forget what came of a notebook."""
    _file(folder, slug).unlink(missing_ok=True)


def find(folder: Path, slug: str, wanted: str) -> State | None:
    """Return the run of this key where it ended well and its executed notebook is still there."""
    try:
        state = State.model_validate_json(_file(folder, slug).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
    return state if state.key == wanted and (folder / f"{slug}.ipynb").exists() else None


def _file(folder: Path, slug: str) -> Path:
    return folder / f"{slug}.done.json"
