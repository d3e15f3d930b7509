"""The rules of the notebooks, each a small function that yields what breaks it: `python -m notebooks.house.rules`.

A rule of `EVERY` looks at one notebook; one of `GUIDE` at a notebook that belongs to no single model; one of `MODEL` at
a model's notebook and its card; one of `SHELF` at all of them together.
"""

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

import zoo
from notebooks.house import frame, parameter, shelf
from notebooks.house.record import Record
from serving_kit.errors import BadInput, ServingKitError
from zoo.card import Card

MAX_CELLS = 22
MAX_LINES = 12
MAX_SIZE_BYTES = 300 * 1024
MIN_OWN_TEXT = 3
MIN_OWN_CODE = 2
MAX_FRAME_LINES = 6
PLACEHOLDER = "CHANGE ME"
_SKIPS = ("nbval-skip", "nbval-raises-exception", "nbval-ignore-output", "raises-exception", "skip-execution")
SKIPS = frozenset([*_SKIPS, *(tag.replace("-", "_").upper() for tag in _SKIPS)])  # as tags, and as nbval's comments
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|home|Users|tmp|work|mnt)/[\w.-]+")


@dataclass(frozen=True)
class Page:
    """A notebook and where it lies; `card` is None for a guide."""

    path: Path
    notebook: NotebookNode
    card: Card | None = None
    size_bytes: int = 0

    def code(self) -> list[NotebookNode]:
        """Return the code cells."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    def own(self, kind: str) -> list[NotebookNode]:
        """Return the author's cells of a kind, `code` or `markdown`."""
        return [cell for cell in self.notebook.cells if cell.cell_type == kind and not frame.is_frame(cell)]

    def outputs(self) -> Iterator[tuple[NotebookNode, NotebookNode]]:
        """Yield each output with its cell."""
        for cell in self.code():
            for output in cell.outputs:
                yield cell, output

    def shown(self) -> str:
        """Return all text that the outputs show."""
        texts = [str(output.get("text", "")) for _, output in self.outputs()]
        data = [output.get("data", {}) for _, output in self.outputs()]
        return "\n".join(texts + [str(text) for bundle in data for kind, text in bundle.items() if "text" in kind])


def few_cells(page: Page) -> Iterator[str]:
    """A notebook is read in one sitting."""
    if len(page.notebook.cells) > MAX_CELLS:
        yield f"{len(page.notebook.cells)} cells, {MAX_CELLS} are allowed"


def short_cells(page: Page) -> Iterator[str]:
    """A cell of code fits into one look; longer code belongs into the package."""
    for cell in page.code():
        lines, most = len(cell.source.splitlines()), MAX_FRAME_LINES if frame.is_frame(cell) else MAX_LINES
        if lines > most:
            yield f"cell {cell.id} has {lines} lines, {most} are allowed"


def small_file(page: Page) -> Iterator[str]:
    """A repository of notebooks stays quick to clone."""
    if page.size_bytes > MAX_SIZE_BYTES:
        yield f"{page.size_bytes // 1024} KB, {MAX_SIZE_BYTES // 1024} KB are allowed; show pictures as JPEG"


def run_in_order(page: Page) -> Iterator[str]:
    """Outputs come from one run, top to bottom."""
    counts = [cell.execution_count for cell in page.code()]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}, not 1 to {len(counts)}; run it with `make notebooks`"


def no_errors(page: Page) -> Iterator[str]:
    """Nothing that failed is shown as if it had worked."""
    for cell, output in page.outputs():
        if output.output_type == "error":
            yield f"cell {cell.id} shows {output.ename}"
        elif output.get("name") == "stderr":
            yield f"cell {cell.id} shows text on stderr: {output.text.strip().splitlines()[0]}"


def no_widgets(page: Page) -> Iterator[str]:
    """A widget shows nothing without a running kernel."""
    if "widgets" in page.notebook.metadata:
        yield "its metadata holds widgets"
    for cell, output in page.outputs():
        if any("widget" in kind for kind in output.get("data", {})):
            yield f"cell {cell.id} shows a widget"


def no_machine_paths(page: Page) -> Iterator[str]:
    """What is shown holds on the reader's machine too."""
    for found in sorted(set(MACHINE_PATH.findall(page.shown()))):
        yield f"shows a path of the machine it ran on: {found}"


def finished(page: Page) -> Iterator[str]:
    """No placeholder of the template is left."""
    for cell in page.notebook.cells:
        if PLACEHOLDER in cell.source:
            yield f"cell {cell.id} still says {PLACEHOLDER}"


def unique_ids(page: Page) -> Iterator[str]:
    """Cells are found by their ids."""
    ids = [cell.id for cell in page.notebook.cells]
    for twice in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"two cells have the id {twice}"


def nothing_skipped(page: Page) -> Iterator[str]:
    """Every cell is run, and none may fail."""
    for cell in page.code():
        marks = {*cell.metadata.get("tags", []), *(line.strip("# ") for line in cell.source.splitlines())}
        for mark in sorted(marks & SKIPS):
            yield f"cell {cell.id} is marked {mark}; let it run to its end and say what it answers"


def recorded(page: Page) -> Iterator[str]:
    """What was last measured stands in the notebook itself: the index is made of it."""
    try:
        record = Record.read(page.notebook)
    except BadInput as error:
        yield str(error)
        return
    if record is None or (page.card and record.p50_ms is None):
        yield "it has no record of its last run; run it with `make notebooks`"


def own_text(page: Page) -> Iterator[str]:
    """A notebook says what only this model teaches."""
    if len(page.own("markdown")) < MIN_OWN_TEXT:
        yield f"{len(page.own('markdown'))} text cells of its own, at least {MIN_OWN_TEXT} are needed"


def own_code(page: Page) -> Iterator[str]:
    """A notebook shows what only this model does."""
    if len(page.own("code")) < MIN_OWN_CODE:
        yield f"{len(page.own('code'))} code cells of its own, at least {MIN_OWN_CODE} are needed"


def framed(page: Page) -> Iterator[str]:
    """The frame is what the template and the card make of it."""
    if page.card and (cells := frame.drift(page.notebook, page.card)):
        yield f"frame cells have drifted, run `make sync`: {', '.join(cells)}"


def parametrised(page: Page) -> Iterator[str]:
    """Papermill only warns of an unknown parameter, so the names are compared here."""
    wanted = parameter.names(frame.template())
    if parameter.names(page.notebook) != wanted:
        yield f"one cell tagged `parameters` with {wanted} is needed, found {parameter.names(page.notebook)}"


def settable(page: Page) -> Iterator[str]:
    """What a guide can be run with stands in one cell near its top; the tour has nothing to set."""
    cells = [cell.id for cell in page.code() if "parameters" in cell.metadata.get("tags", [])]
    if page.path.parent.name == shelf.GUIDES.name and (len(cells) != 1 or not parameter.names(page.notebook)):
        yield f"one cell tagged `parameters` that sets something is needed, found {cells}"


def one_slug(page: Page) -> Iterator[str]:
    """Card and notebook have one name; the served model and the latency row take the card's."""
    if page.card and (page.path.stem, page.path.parent.name) != (page.card.name, page.card.task):
        yield f"it lies at {page.path.parent.name}/{page.path.stem}, the card says {page.card.task}/{page.card.name}"


def untrained_shows_no_labels(page: Page) -> Iterator[str]:
    """An answer of seeded weights is never shown as the model's."""
    if page.card and page.card.sources[0].kind == "architecture":
        labels = zoo.sample(page.card.labels) if isinstance(page.card.labels, str) else page.card.labels
        for label in labels or ():
            if re.search(rf"\b{re.escape(label)}\b", page.shown()):
                yield f"shows the label {label!r}, but its weights are untrained"


def no_copies(pages: Iterable[Page]) -> Iterator[str]:
    """The third time a code cell is needed, it moves into serving_kit."""
    homes: Mapping[str, set[str]] = defaultdict(set)
    for page in pages:
        for cell in page.own("code"):
            homes["\n".join(line.rstrip() for line in cell.source.strip().splitlines())].add(page.path.stem)
    for source, slugs in homes.items():
        if len(slugs) > 2:
            yield f"the same cell stands in {', '.join(sorted(slugs))}: {source.splitlines()[0]}"


def one_notebook_each(pages: Iterable[Page]) -> Iterator[str]:
    """Every card has its notebook."""
    for missing in sorted(set(zoo.names()) - {page.path.stem for page in pages}):
        yield f"card {missing} has no notebook"


def guides_are_found(pages: Iterable[Page]) -> Iterator[str]:
    """The tour is where everybody begins, so it leads to every guide."""
    pages = list(pages)
    tour = "".join(
        cell.source for page in pages if page.path.parent == shelf.NOTEBOOKS for cell in page.own("markdown")
    )
    for page in pages:
        if page.path.parent == shelf.GUIDES and f"(guides/{page.path.name})" not in tour:
            yield f"the tour has no link to guides/{page.path.name}"


EVERY: tuple[Callable[[Page], Iterator[str]], ...] = (
    few_cells,
    short_cells,
    small_file,
    run_in_order,
    no_errors,
    no_widgets,
    no_machine_paths,
    finished,
    unique_ids,
    nothing_skipped,
    recorded,
)
GUIDE: tuple[Callable[[Page], Iterator[str]], ...] = (own_text, own_code, settable)
MODEL: tuple[Callable[[Page], Iterator[str]], ...] = (
    own_text,
    own_code,
    framed,
    parametrised,
    one_slug,
    untrained_shows_no_labels,
)
SHELF: tuple[Callable[[Iterable[Page]], Iterator[str]], ...] = (no_copies, one_notebook_each, guides_are_found)


def broken(pages: list[Page]) -> Iterator[str]:
    """Yield one line for everything that breaks a rule."""
    for page in pages:
        for rule in EVERY + (MODEL if page.card else GUIDE):
            yield from (f"{page.path.stem}: {rule.__name__}: {reason}" for reason in rule(page))
    for look in SHELF:
        yield from (f"{look.__name__}: {reason}" for reason in look(pages))


def open_page(path: Path) -> Page:
    """Read a notebook, and its card where it is a model's."""
    card = None if shelf.is_guide(path) else zoo.load(path.stem)
    return Page(path, shelf.read(path), card, path.stat().st_size)


def main() -> int:
    """Print what breaks a rule and return an exit status."""
    pages, complaints = [], []
    for path in shelf.paths():
        try:
            pages.append(open_page(path))
        except ServingKitError as error:
            complaints.append(f"{path.stem}: its card cannot be read: {error}")
    complaints += broken(pages)
    print("\n".join(complaints) or f"{len(pages)} notebooks keep every rule")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
