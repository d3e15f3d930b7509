"""Where notebooks lie decides what they are."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_output

from notebooks.house import shelf
from notebooks.house.outcome import Outcome
from serving_kit.errors import BadInput
from tests.house.conftest import KERNEL


@pytest.fixture
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    names = ("start-here", "guides/protocols", "guides/migrate", "regression/uci-housing", "house/template")
    for name in names:
        path = tmp_path / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    monkeypatch.setattr(shelf, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(shelf, "GUIDES", tmp_path / "guides")
    return tmp_path


def test_the_tour_comes_first_then_the_guides_then_the_models(notebooks: Path) -> None:
    found = [path.relative_to(notebooks).as_posix() for path in shelf.paths()]
    assert found == [
        "start-here.ipynb",
        "guides/migrate.ipynb",
        "guides/protocols.ipynb",
        "regression/uci-housing.ipynb",
    ]


def test_only_what_lies_in_a_folder_of_a_task_is_a_models_notebook(notebooks: Path) -> None:
    assert [path.stem for path in shelf.model_notebooks()] == ["uci-housing"]
    guides = {path.stem for path in shelf.paths() if shelf.is_guide(path)}
    assert guides == {"start-here", "migrate", "protocols"}


def test_a_guide_is_run_by_its_name_as_a_model_is(notebooks: Path) -> None:
    assert shelf.chosen(["uci-housing", "protocols"]) == [
        notebooks / "regression/uci-housing.ipynb",
        notebooks / "guides/protocols.ipynb",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["regression"], ["uci-housing"]),
        (["guides"], ["start-here", "migrate", "protocols"]),
        (["tour"], ["start-here", "uci-housing"]),
        (["uci-housing", "tour", "regression"], ["uci-housing", "start-here"]),
        (["all"], ["start-here", "migrate", "protocols", "uci-housing"]),
        ([], ["start-here", "migrate", "protocols", "uci-housing"]),
    ],
)
def test_a_word_names_a_notebook_a_task_or_a_selection(words: list[str], found: list[str], notebooks: Path) -> None:
    assert [path.stem for path in shelf.chosen(words)] == found


def test_an_unknown_word_is_told_the_nearest(notebooks: Path) -> None:
    with pytest.raises(BadInput, match="called 'regresion'; did you mean regression"):
        shelf.chosen(["uci-housing", "regresion"])


def test_the_tour_is_of_notebooks_that_there_are_and_of_one_model_a_task() -> None:
    tour = shelf.chosen(["tour"])
    assert {path.stem for path in tour} == {*shelf.TOUR}
    tasks = [path.parent.name for path in tour]
    assert len(set(tasks)) == len(tasks)


def test_what_papermill_adds_is_not_kept(good: Outcome) -> None:
    assert good.notebook
    injected = new_code_cell("results = '/x'", metadata={"tags": ["injected-parameters"]}, execution_count=1)
    good.notebook.cells.insert(1, injected)
    good.notebook.cells[2].execution_count = 2
    good.notebook.cells[2].outputs.append(new_output("execute_result", {"text/plain": "1"}, execution_count=2))
    good.notebook.cells[0].metadata = {"papermill": {"duration": 1.5}, "tags": []}
    good.notebook.metadata.update(papermill={"version": "2"}, serving_kit={"ran_at": "2026-01-01"})
    cleaned = shelf.cleaned(good.notebook)
    assert [dict(cell.metadata) for cell in cleaned.cells] == [{}, {"tags": ["verify"]}]
    assert (cleaned.cells[1].execution_count, cleaned.cells[1].outputs[1].execution_count) == (1, 1)
    record = {"serving_kit": {"ran_at": "2026-01-01"}}
    assert cleaned.metadata == {**KERNEL, **record, "language_info": {"name": "python"}}
    assert good.notebook.cells[2].execution_count == 2
