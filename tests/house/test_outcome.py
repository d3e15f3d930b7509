"""What came of a run, read from what it left behind."""

from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook, new_output

from notebooks.house import outcome, shelf
from notebooks.house.outcome import Outcome
from tests.house.conftest import latency_row


def test_what_the_verify_cell_printed_is_the_answer(good: Outcome) -> None:
    assert good.notebook is not None
    assert outcome.answer(good.notebook, "m") == "18.9"


def test_the_first_error_is_told_with_its_cell_and_a_traceback_without_colours() -> None:
    error = new_output("error", ename="Boom", evalue="no", traceback=["\x1b[0;31mBoom\x1b[0m", "line 2"])
    cells = [new_code_cell("boom()", id="own-code", outputs=[error])]
    found = outcome.failure(new_notebook(cells=cells))
    assert found == outcome.Failure("Boom: no", "own-code", "boom()", "Boom\nline 2")
    assert str(found) == "cell own-code: Boom: no"


def test_a_notebook_that_never_began_says_the_end_of_its_log(tmp_path: Path) -> None:
    log = tmp_path / "m.log"
    log.write_text("Traceback\n\x1b[1mNoSuchKernel\x1b[0m: python3\n\n")
    done = outcome.read(tmp_path / "m.ipynb", tmp_path / "none.ipynb", log, [], 1.0, ended_well=False)
    assert done.failure == outcome.Failure("NoSuchKernel: python3", traceback="Traceback\nNoSuchKernel: python3")


def test_a_model_that_left_no_latency_row_under_its_name_has_failed(good: Outcome, tmp_path: Path) -> None:
    assert good.notebook
    executed = tmp_path / "m.ipynb"
    shelf.write(good.notebook, executed)
    done = outcome.read(executed, executed, tmp_path / "m.log", [latency_row("other")], 1.0, ended_well=True)
    assert str(done.failure) == "it left no latency row for m"


def test_a_guide_leaves_no_latency_row(good: Outcome, tmp_path: Path) -> None:
    assert good.notebook
    executed = tmp_path / "guide.ipynb"
    shelf.write(good.notebook, executed)
    done = outcome.read(shelf.GUIDES / "guide.ipynb", executed, tmp_path / "guide.log", [], 1.0, ended_well=True)
    assert done.failure is None
