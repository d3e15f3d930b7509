"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(heading: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: int = 0) -> str:
    """Return a table whose last `numbers` columns are set to the right; a bar inside a cell is escaped."""
    ruler = ["---"] * (len(heading) - numbers) + ["--:"] * numbers
    lines = [heading, ruler, *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)
