"""Where notebooks lie decides what they are."""

from pathlib import Path

import pytest

from notebooks.house import shelf


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
