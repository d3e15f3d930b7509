"""The page of a comparison: written from rows alone, so that it can be written anew without measuring anew."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.peer.row import Absence, Limit, Point, Run


def write(rows: Sequence[Run | Limit | Point | Absence], path: Path) -> None:
    """Write the page."""
    path.write_text(f"{len(rows)} rows\n", "utf-8")
