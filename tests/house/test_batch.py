"""Running notebooks: what is said of a failure, what stays behind, and what is not run twice."""

import io
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from notebooks.house import batch, record, shelf, state
from notebooks.house.batch import Batch
from notebooks.house.outcome import Outcome
from tests.house.conftest import written

START_A_SERVER = """\
import serving_kit as sk, zoo
from pathlib import Path
card = zoo.load("uci-housing")
server = sk.start(zoo.convert(card, zoo.fetch(card)))
Path("pid").write_text(str(server.pid))
"""


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


@pytest.fixture
def guides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose notebooks belong to no model, so that they need no server."""
    monkeypatch.setattr(shelf, "GUIDES", tmp_path)
    return tmp_path


def _said(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.integration
def test_a_failing_notebook_names_its_cell_and_leaves_no_server(tmp_path: Path, console: Console) -> None:
    path = written(tmp_path / "failing.ipynb", START_A_SERVER, "raise ValueError('too much [x]')", "print('never')")
    (done,) = batch.run([path], 1, console, Batch(tmp_path / "run"))
    assert done.failure
    assert str(done.failure) == "cell cell-2: ValueError: too much [x]"
    assert "raise ValueError('too much [x]')" in done.failure.traceback
    assert "\x1b" not in done.failure.traceback
    server = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 20
    while psutil.pid_exists(server) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(server)


@pytest.mark.integration
def test_notebooks_run_beside_each_other_in_their_own_folders(tmp_path: Path, console: Console) -> None:
    sources = ("from pathlib import Path", "Path.cwd().name")
    paths = [written(tmp_path / name / f"{name}.ipynb", *sources) for name in ("one", "two")]
    done = batch.run(paths, 2, console, Batch(tmp_path / "run"))
    assert [each.slug for each in done] == ["one", "two"]
    for each in done:
        assert each.notebook
        assert each.notebook.cells[-1].outputs[0].data["text/plain"] == f"'{each.slug}'"


@pytest.mark.integration
def test_a_broken_batch_goes_on_with_what_failed(guides: Path, console: Console) -> None:
    well = written(guides / "well.ipynb", "n = 1", "print(n)", tags=("parameters",))
    fails = written(guides / "fails.ipynb", "open('ready').close()")
    first = batch.run([well, fails], 2, console, Batch(guides / "run"))
    assert [each.failure is None for each in first] == [True, False]
    (guides / "ready").touch()
    second = batch.run([well, fails], 2, console, Batch(guides / "run", resume=True))
    assert [(each.failure, each.resumed) for each in second] == [(None, True), (None, False)]
    assert "resumed: 1 of 2 ran well before and are unchanged since: well" in _said(console)
    with_other = Batch(guides / "run", {well: {"n": "2"}}, resume=True)
    (third,) = batch.run([well], 1, console, with_other)
    assert not third.resumed
    assert third.notebook
    assert third.notebook.cells[-1].outputs[0].text == "2\n"


@pytest.mark.integration
def test_a_run_in_place_leaves_outputs_and_a_record(guides: Path, console: Console) -> None:
    path = written(guides / "guide.ipynb", "print('seen')")
    (done,) = batch.run([path], 1, console, Batch(guides / "run", in_place=True))
    assert done.failure is None
    kept = shelf.read(path)
    assert kept.cells[0].outputs[0].text == "seen\n"
    found = record.Record.read(kept)
    assert found
    assert found.p50_ms is None
    assert set(kept.metadata) == {"kernelspec", "language_info", shelf.RECORD}


def test_a_notebook_that_was_edited_while_it_ran_is_not_overwritten(
    guides: Path, console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(guides / "guide.ipynb", "print('old')")

    def papermill(_: Path, executed: Path, *__: object) -> int:
        shelf.write(shelf.read(path), executed)
        written(path, "print('new')")
        return 0

    monkeypatch.setattr(batch, "_papermill", papermill)
    (done,) = batch.run([path], 1, console, Batch(guides / "run", in_place=True))
    assert str(done.failure).startswith("it was edited while it ran")
    assert shelf.read(path).cells[0].source == "print('new')"
    assert state.find(guides / "run", "guide", Batch(in_place=True).key(path)) is None


def test_a_model_directory_that_cannot_be_read_is_said(good: Outcome, tmp_path: Path) -> None:
    done = batch._into_place(tmp_path / "m.ipynb", good, edited=False)
    assert str(done.failure).startswith("its model directory cannot be read: no card 'm'")
    assert not (tmp_path / "m.ipynb").exists()
