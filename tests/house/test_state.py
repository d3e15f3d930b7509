"""What ran well is known again as long as nothing has changed."""

from pathlib import Path

import pytest

from notebooks.house import shelf, state
from notebooks.house.state import State
from tests.house.conftest import latency_row, written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "m.ipynb", "x = 1", "x")


def test_outputs_do_not_change_the_key(path: Path) -> None:
    before = state.key(path, {})
    notebook = shelf.read(path)
    notebook.cells[0].execution_count = 7
    shelf.write(notebook, path)
    assert state.key(path, {}) == before


def test_a_cell_a_tag_a_setting_or_a_version_changes_the_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {state.key(path, {}), state.key(path, {"requests": "50"})}
    keys.add(state.key(written(path, "x = 1", "x", tags=("verify",)), {}))
    keys.add(state.key(written(path, "x = 2", "x"), {}))
    monkeypatch.setattr(state, "distributions", list)
    keys.add(state.key(path, {}))
    assert len(keys) == 5


def test_a_card_changes_the_key(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "CARDS", tmp_path)
    without = state.key(path, {})
    (tmp_path / "m.yaml").write_text("name: m")
    assert state.key(path, {}) != without


def test_a_run_is_found_by_its_key_until_it_is_dropped(path: Path, tmp_path: Path) -> None:
    kept = State(key="abc", took_s=3.0, row=latency_row("m"))
    state.keep(tmp_path, "m", kept)
    assert state.find(tmp_path, "m", "abc") == kept
    assert state.find(tmp_path, "m", "other") is None
    state.drop(tmp_path, "m")
    assert state.find(tmp_path, "m", "abc") is None


def test_a_run_whose_notebook_is_gone_or_whose_state_is_torn_does_not_count(path: Path, tmp_path: Path) -> None:
    state.keep(tmp_path, "gone", State(key="abc", took_s=3.0, row=None))
    assert state.find(tmp_path, "gone", "abc") is None
    (tmp_path / "m.done.json").write_text('{"key": "abc", "too')
    assert state.find(tmp_path, "m", "abc") is None
