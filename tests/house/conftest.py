import copy

import pytest
from nbformat import NotebookNode

import zoo
from notebooks.house import frame, shelf
from notebooks.house.rules import PLACEHOLDER, Page
from zoo.card import Card


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
    return Page(shelf.NOTEBOOKS / card.task / f"{card.name}.ipynb", notebook, card, 20_000)


def cell(page: Page, name: str) -> NotebookNode:
    """Return the cell with this id."""
    return next(cell for cell in page.notebook.cells if cell.id == name)


def twin(page: Page, slug: str) -> Page:
    """Return the same notebook under another name."""
    return Page(page.path.with_stem(slug), copy.deepcopy(page.notebook), page.card, page.size_bytes)
