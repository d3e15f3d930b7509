"""The tables of models say what cards and records say."""

from pathlib import Path

import pytest

import zoo
from notebooks.house import index, record, shelf
from notebooks.house.index import Entry
from notebooks.house.markdown import table
from notebooks.house.rules import Page
from serving_kit.spec import Conversion
from tests.house.conftest import latency_row

CONVERSION = Conversion(
    source_format="onnx", converter="x2paddle 1", compared_with="onnxruntime 1", max_abs_difference=1e-5, threshold=1e-4
)


def _entries(page: Page, conversion: Conversion | None) -> list[Entry]:
    assert page.card
    made = record.of_model(latency_row("uci-housing"), conversion)
    return [Entry(page.card, page.path, made)]


def _today(entry: Entry) -> str:
    assert entry.record
    return entry.record.ran_at.isoformat()


def test_the_readme_has_one_row_a_model(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _entries(page, None)
    monkeypatch.setattr(index, "entries", lambda: found)
    assert index.models().splitlines()[2] == (
        "| regression | [uci-housing](notebooks/regression/uci-housing.ipynb) | House prices by a straight line "
        f"| registry | Apache-2.0 | 0.01 | 1.23 | {_today(found[0])} |"
    )
    assert index.models().splitlines()[-1].endswith("on A fast one, 2 cores.")


def test_the_index_shows_each_task_with_thumbnails(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "entries", lambda: _entries(page, None))
    text = index.index()
    assert text.startswith("[regression](#regression) 1\n\n### Regression\n\n")
    assert '| <img src="thumbnails/uci-housing.jpg" width="160" alt="House prices by a straight line"> |' in text
    assert "| **[uci-housing](regression/uci-housing.ipynb)**<br>House prices by a straight line | registry |" in text
    assert "| --- | --- | --- | --- | --: | --: | --: |" in text


def test_a_model_without_a_notebook_or_a_run_is_shown_all_the_same(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page.card
    lonely = Entry(page.card, None, None)
    monkeypatch.setattr(index, "entries", lambda: [lonely])
    text = index.index()
    assert "|  | **uci-housing**<br>House prices by a straight line | registry | Apache-2.0 | 0.01 | – | – |" in text
    assert "p50 is" not in text


def test_conversions_are_listed_with_what_they_cost(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "entries", lambda: _entries(page, CONVERSION))
    lines = index.conversions().splitlines()
    assert lines[2] == "| [uci-housing](cards/uci-housing.yaml) | onnx | x2paddle 1 | onnxruntime 1 | 1e-05 | 0.0001 |"
    assert lines[-1] == "Served in the format they came in: none."


@pytest.mark.parametrize(
    "native",
    [
        Conversion(source_format="fluid", converter="serving-kit 1"),
        CONVERSION.model_copy(update={"converter": "none, served as it is", "source_format": "fluid"}),
    ],
)
def test_a_model_that_is_served_in_its_own_format_is_named_below(
    native: Conversion, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "entries", lambda: _entries(page, native))
    assert index.conversions().splitlines()[-1].endswith("came in: [uci-housing](cards/uci-housing.yaml) (fluid).")


def test_every_card_is_an_entry_with_its_notebook(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page.card
    monkeypatch.setattr(zoo, "names", lambda: ["uci-housing"])
    (entry,) = index.entries()
    assert entry.card == page.card
    assert entry.path == page.path
    assert entry.link(shelf.NOTEBOOKS) == "[uci-housing](regression/uci-housing.ipynb)"
    assert entry.provenance == "registry"


def test_the_guides_are_listed_with_their_titles() -> None:
    lines = index.guides().splitlines()
    assert lines[0] == "- [Start here](start-here.ipynb)"
    assert len(lines) == len(shelf.guides())
    assert all((shelf.NOTEBOOKS / Path(line[line.index("](") + 2 : -1])).exists() for line in lines)


def test_a_bar_in_a_cell_does_not_end_it() -> None:
    assert table(("a",), [("x|y",)]) == "| a |\n| --- |\n| x\\|y |\n"
