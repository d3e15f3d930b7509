"""`start` against stand-ins for the server: one that breaks, one that never gets ready."""

import re
import sys
from pathlib import Path

import psutil
import pytest

from serving_kit.errors import BadInput, DeadlineExceeded, Unavailable
from serving_kit.process import start


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that runs in the server's place; its folder also takes the servers' temporary files."""
    script = tmp_path / "interpreter"
    monkeypatch.setattr(sys, "executable", str(script))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return script


def write(script: Path, lines: str) -> None:
    script.write_text(f"#!/bin/sh\n{lines}\n")
    script.chmod(0o755)


def test_a_server_that_breaks_shows_its_status_and_the_end_of_its_log(stand_in: Path) -> None:
    write(stand_in, "seq 1000; echo Segmentation fault >&2; exit 139")
    with pytest.raises(Unavailable) as caught:
        start("models/lac")
    lines = str(caught.value).splitlines()
    assert lines[0] == "the server of lac ended with status 139"
    assert lines[1:] == [*(str(number) for number in range(982, 1001)), "Segmentation fault"]
    assert [path.name for path in stand_in.parent.iterdir()] == ["interpreter"]


def test_a_refusal_is_told_from_the_log_around_it(stand_in: Path) -> None:
    write(stand_in, "echo starting; echo 'error: --model is missing; give one' >&2; exit 2")
    with pytest.raises(BadInput, match=r"^--model is missing; give one$"):
        start("m")


def test_a_server_that_is_late_is_ended(stand_in: Path) -> None:
    write(stand_in, "echo my process is $$; cat")
    with pytest.raises(DeadlineExceeded, match=r"^one, two was not ready within 1 s\n") as caught:
        start(["a/one", "b/two"], timeout_s=1)
    (number,) = re.findall(r"my process is (\d+)", str(caught.value))
    assert not psutil.pid_exists(int(number))
    assert [path.name for path in stand_in.parent.iterdir()] == ["interpreter"]


def test_arguments_become_flags(stand_in: Path) -> None:
    write(stand_in, 'echo "error: $*" >&2; exit 2')
    with pytest.raises(BadInput) as caught:
        start("m", port=9393, threads=10, name="uci", flags=["--use_mkl"])
    words = re.sub(r"--port_file \S+", "--port_file F", str(caught.value))
    assert words == (
        "-m serving_kit.serve --model m --port 9393 --thread 10 --name uci --use_mkl --exit_with_stdin --port_file F"
    )
