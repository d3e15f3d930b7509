"""The command that runs notebooks: what it takes, what it says, and how it ends."""

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from notebooks import __main__ as shell
from notebooks.house import batch, report, run, shelf
from notebooks.house.batch import Batch
from notebooks.house.outcome import Outcome


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, object]:
    """What the batch was asked to run, which it does not."""
    seen: dict[str, object] = {"outcomes": []}

    def take(paths: list[Path], jobs: int, _: Console, asked: Batch) -> object:
        seen.update(slugs=[path.stem for path in paths], jobs=jobs, batch=asked)
        return seen["outcomes"]

    monkeypatch.setattr(batch, "run", take)
    monkeypatch.setattr(run, "FOLDER", shelf.ROOT / "build")
    monkeypatch.setattr(report, "write", lambda *_: tmp_path / "report.html")
    return seen


def test_the_table_names_answers_times_and_failures(good: Outcome, bad: Outcome) -> None:
    text = io.StringIO()
    Console(file=text, width=120).print(run.table([good, bad]))
    model, failed = (" ".join(line.split()) for line in text.getvalue().splitlines()[3:5])
    assert model == "m registry 18.9 1.23 2.00 3.50 1,234"
    assert failed == "lac failed: cell frame-serve: BadInput: shape [1, 13] <b>"


def test_the_summary_counts_every_notebook_once(good: Outcome, bad: Outcome) -> None:
    resumed = dataclasses.replace(good, resumed=True)
    assert run.summary([good, resumed, bad, good]) == "2 ran well, 1 resumed, 1 failed"


def test_without_a_word_the_tour_is_run(asked: dict[str, object]) -> None:
    assert shell.main(["run"]) == 0
    assert asked["slugs"] == [path.stem for path in shelf.paths() if path.stem in shelf.TOUR]
    assert asked["jobs"] == 2
    assert asked["batch"] == Batch(run.FOLDER, {path: {} for path in shelf.chosen(["tour"])})


def test_all_is_every_notebook_there_is(asked: dict[str, object]) -> None:
    assert shell.main(["run", "all", "--jobs", "1", "--in-place", "--resume"]) == 0
    everything = {path.stem for path in shelf.NOTEBOOKS.rglob("*.ipynb") if path.parent != shelf.NOTEBOOKS / "house"}
    everything = {slug for slug in everything if "checkpoint" not in slug}
    assert set(asked["slugs"]) == everything  # type: ignore[call-overload]
    assert isinstance(asked["batch"], Batch)
    assert (asked["batch"].in_place, asked["batch"].resume) == (True, True)


def test_a_parameter_goes_to_the_notebooks_that_have_it(
    asked: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.main(["run", "uci-housing", "start-here", "-p", "requests", "50"]) == 0
    assert isinstance(asked["batch"], Batch)
    values = {path.stem: dict(taken) for path, taken in asked["batch"].parameters.items()}
    assert values == {"uci-housing": {"requests": "50"}, "start-here": {}}
    assert "without requests, which they do not have: start-here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["uci-hausing"], "error: no notebook and no task is called 'uci-hausing'; did you mean uci-housing\n"),
        (["text-detektion"], "called 'text-detektion'; did you mean text-detection"),
        (["quux"], "called 'quux'; `python -m notebooks list` says what there is"),
        (["uci-housing", "-p", "request", "5"], "no"),
        (["uci-housing", "-p", "requests", "5", "--in-place"], "leave out -p, or --in-place"),
    ],
)
def test_a_wish_that_makes_no_sense_is_one_sentence_before_anything_runs(
    arguments: list[str], sentence: str, asked: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.main(["run", *arguments]) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert "slugs" not in asked


def test_no_number_of_jobs_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        shell.main(["run", "--jobs", "0"])
    assert "'0' is no number of notebooks; write 1 or more" in capsys.readouterr().err


def test_a_failure_is_said_and_makes_the_status_1(
    asked: dict[str, object], good: Outcome, bad: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    asked["outcomes"] = [good, bad]
    assert shell.main(["run", "all"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "lac failed: cell frame-serve: BadInput: shape [1, 13] <b> (log: build/lac.log)" in lines
    assert lines[-2] == "1 ran well, 0 resumed, 1 failed"


def test_an_interruption_is_one_sentence(
    asked: dict[str, object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "write", interrupt)
    assert shell.main(["run", "start-here"]) == 130
    assert capsys.readouterr().out.splitlines()[-1] == "interrupted; the same command with --resume goes on from here"


def test_the_list_has_one_line_a_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(shelf.paths())
    (housing,) = (line.split() for line in lines if line.startswith("uci-housing "))
    assert housing == ["uci-housing", "regression", "tour", "House", "prices", "by", "a", "straight", "line"]
