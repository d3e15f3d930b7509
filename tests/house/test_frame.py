"""Stamping: the frame follows the card, the author's cells stay where and as they are."""

import copy

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

import zoo
from notebooks.house import frame
from notebooks.house.rules import Page
from tests.house.conftest import cell
from zoo.card import Card


def _ids(notebook: NotebookNode) -> list[str]:
    return [cell.id for cell in notebook.cells]


def test_a_new_notebook_needs_no_stamp(card: Card) -> None:
    assert frame.drift(frame.begin(card), card) == []


def test_stamping_twice_is_stamping_once(page: Page, card: Card) -> None:
    cell(page, "frame-title").source = "# Something else"
    del page.notebook.cells[4]
    once = frame.stamp(page.notebook, card)
    assert frame.stamp(once, card) == once
    assert frame.drift(once, card) == []


def test_every_card_can_fill_the_frame() -> None:
    for name in zoo.names():
        title, *_ = frame.begin(zoo.load(name)).cells
        assert title.source.startswith(f"# {zoo.load(name).title}\n")
        assert "${" not in title.source


def test_a_missing_frame_cell_comes_back_in_its_place(page: Page, card: Card) -> None:
    wanted = _ids(page.notebook)
    page.notebook.cells = [cell for cell in page.notebook.cells if cell.id not in ("frame-query", "frame-stop")]
    assert frame.drift(page.notebook, card) == ["frame-query", "frame-stop"]
    stamped = _ids(frame.stamp(page.notebook, card))
    assert sorted(stamped) == sorted(wanted)
    assert [name for name in stamped if name.startswith("frame-")] == [n for n in wanted if n.startswith("frame-")]


def test_moved_frame_cells_move_back_with_the_cells_behind_them(page: Page, card: Card) -> None:
    wanted = _ids(page.notebook)
    page.notebook.cells = page.notebook.cells[6:] + page.notebook.cells[:6]
    assert frame.drift(page.notebook, card) == ["the order of the cells"]
    assert _ids(frame.stamp(page.notebook, card)) == wanted


def test_the_authors_cells_are_never_touched(page: Page, card: Card) -> None:
    page.notebook.cells.insert(0, new_markdown_cell("A motto."))
    page.notebook.cells.append(new_markdown_cell("A last word."))
    own = [copy.deepcopy(cell) for cell in page.notebook.cells if not frame.is_frame(cell)]
    cell(page, "frame-serve").source = "changed"
    assert [cell for cell in frame.stamp(page.notebook, card).cells if not frame.is_frame(cell)] == own


def test_a_frame_cell_keeps_its_output_until_it_changes(page: Page, card: Card) -> None:
    cell(page, "frame-verify").outputs = [new_output("stream", text="18.9")]
    assert frame.drift(page.notebook, card) == []
    cell(page, "frame-verify").source += "\nprint(1)"
    stamped = {cell.id: cell for cell in frame.stamp(page.notebook, card).cells}
    assert stamped["frame-verify"].outputs == []
    assert stamped["frame-setup"].execution_count == 2


def test_untrained_weights_are_named_on_top_and_never_verified(card: Card) -> None:
    source = card.sources[0].model_construct(kind="architecture")
    untrained = card.model_copy(
        update={"sources": (source,), "example": card.example.model_copy(update={"expect": None})}
    )
    cells = {cell.id: cell.source for cell in frame.begin(untrained).cells}
    assert "its answers mean nothing" in cells["frame-title"]
    assert "zoo.verify" not in cells["frame-verify"]
