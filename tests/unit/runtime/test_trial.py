import sys
import threading
import time
from pathlib import Path

import pytest

from serving_kit.errors import Unavailable
from serving_kit.runtime import probe, trial
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.program import describe
from serving_kit.runtime.trial import Cause, Outcome, Step, attempt

STAGES = {"plain": EngineOptions(onednn=False), "onednn": EngineOptions(onednn=True)}


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a shell script in the interpreter's place; its last argument is the trial's folder."""
    script = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(script))
    return script


def run(folder: Path, child: Path, script: str, deadline_s: float = 30) -> dict[str, Outcome]:
    child.write_text(f'#!/bin/sh\ncd "$3"\n{script}\n')
    child.chmod(0o755)
    program = describe(folder / "__model__")
    feeds = probe.candidates(program.inputs)
    ports = (program.inputs, program.outputs)
    return attempt((folder / "__model__", None), ports, feeds, STAGES, deadline_s=deadline_s)


def test_a_crash_is_put_down_to_the_step_it_came_in(fluid: Path, child: Path) -> None:
    outcomes = run(fluid, child, 'echo \'{"step": "running"}\' > plain.json; kill -SEGV $$')
    assert outcomes == {
        "plain": Outcome(Step.RUN, Cause.DIED, "ended by SIGSEGV"),
        "onednn": Outcome(Step.NEVER, Cause.DIED, "ended by SIGSEGV"),
    }


def test_a_hang_ends_at_the_deadline(fluid: Path, child: Path) -> None:
    outcomes = run(fluid, child, 'echo \'{"step": "loading"}\' > plain.json; exec sleep 60', deadline_s=0.5)
    assert outcomes["plain"] == Outcome(Step.LOAD, Cause.LATE, "gave no answer within 0.5 s")


def test_a_refusal_keeps_its_text(fluid: Path, child: Path) -> None:
    outcomes = run(fluid, child, 'echo \'{"step": "loading", "refusal": "no such thing"}\' > plain.json')
    assert outcomes["plain"] == Outcome(Step.LOAD, Cause.REFUSED, "no such thing")


def test_a_child_that_cannot_start_shows_its_last_line(fluid: Path, child: Path) -> None:
    outcomes = run(fluid, child, "echo first; echo no module named paddle >&2; exit 1")
    assert outcomes["plain"] == Outcome(Step.NEVER, Cause.DIED, "ended with status 1: no module named paddle")


def test_a_trial_that_is_given_up_says_nothing_of_the_model(
    fluid: Path, child: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "_given_up", threading.Event())
    began = tmp_path / "began"

    def give_up_once_it_began() -> None:
        while not began.exists():
            time.sleep(0.01)
        trial.give_up()

    threading.Thread(target=give_up_once_it_began).start()
    with pytest.raises(Unavailable, match="given up"):
        run(fluid, child, f"touch {began}; exec sleep 60")
    with pytest.raises(Unavailable, match="given up"):
        run(fluid, child, "exec sleep 60")


def test_nothing_is_left_behind(fluid: Path, child: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    run(fluid, child, "kill -KILL $$")
    assert list((tmp_path / "scratch").iterdir()) == []
