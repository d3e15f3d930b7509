import logging
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving_kit.serve.__main__ import main


@pytest.fixture(autouse=True)
def process_as_it_was() -> Iterator[None]:
    """Undo what a command line may set for its whole process: log levels and signal handlers."""
    handler = signal.getsignal(signal.SIGTERM)
    levels = {name: logging.getLogger(name).level for name in ("serving_kit", "uvicorn")}
    yield
    signal.signal(signal.SIGTERM, handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--thred", "4"], "unknown flag --thred; did you mean --thread?"),
        ([], "--model is missing"),
        (["--model", "nowhere"], "there is no model directory nowhere"),
        (["--model", "m", "--api_key_file", "none"], "the API keys in none cannot be read (No such file or directory)"),
        (["--model", "m", "--api_key_file", ""], "the API keys in . cannot be read (Is a directory)"),
        (["--model", "m", "--use_encryption_model"], "--use_encryption_model cannot be honoured"),
        (["stop"], "lists no server that runs"),
        (["kill", "--port", "9"], "lists no server on port 9 that runs"),
    ],
)
def test_a_failure_is_one_line_on_stderr_and_status_2(
    words: list[str],
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = words if words[:1] in (["stop"], ["kill"]) else [*words, "--port", "0"]
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err
    assert said.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_one_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ProcessInfo.json").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["stop"]) == 2
    assert capsys.readouterr().err == (
        "error: a file cannot be read or written: [Errno 21] Is a directory: 'ProcessInfo.json'\n"
    )


def test_check_says_what_this_machine_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    shown = capsys.readouterr().out
    assert "paddle 3." in shown
    assert "--use_trt: " in shown
    assert "give --model DIR to try a model" in shown
