"""Tiny functions in forked workers, each watched from a parent of its own, which the test may signal and kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

PARENT = """
import logging, os, signal, sys, time
from pathlib import Path
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.serve.forked_workers import run_forked

folder, kind = Path(sys.argv[1]), sys.argv[2]
signals = []

def note(name):
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\\n")

def main(number):
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda one, _: signals.append(int(one)))
    note(f"began-{number}")
    if kind == "crash" and number == 1 and len((folder / "began-1").read_text().split()) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "odd" and number == 0 and len((folder / "began-0").read_text().split()) == 1:
        raise RuntimeError("odd")
    if kind == "refuse" and number == 1:
        raise BadInput("port 80 is in use; choose another")
    while not signals and kind != "return":
        time.sleep(0.01)
    sys.stdout.write(f"{number} drained after {signals}\\n")  # in one piece

logging.basicConfig(format="%(message)s")
print("unwritten, and written once", end="\\n")
before = signal.getsignal(signal.SIGINT)
try:
    run_forked(2, main)
except ServingKitError as error:
    print("told:", error)
assert signal.getsignal(signal.SIGINT) is before
print("over")
"""


def parent(folder: Path, kind: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PARENT, str(folder), kind]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, start_new_session=True)


def began(folder: Path, number: int) -> list[int]:
    path = folder / f"began-{number}"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def until(holds: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def ended(process: "subprocess.Popen[str]") -> tuple[list[str], str]:
    written, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    return sorted(written.splitlines()), errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_once_and_the_end_waited_for(number: signal.Signals, tmp_path: Path) -> None:
    process = parent(tmp_path, "serve")
    until(lambda: bool(began(tmp_path, 0) and began(tmp_path, 1)))
    assert len({*began(tmp_path, 0), *began(tmp_path, 1), process.pid}) == 3
    os.killpg(process.pid, number)  # as a terminal does
    drained = [f"{worker} drained after [{int(number)}]" for worker in (0, 1)]
    assert ended(process)[0] == [*drained, "over", "unwritten, and written once"]


@pytest.mark.parametrize(("kind", "worker", "how"), [("crash", 1, "with signal SIGKILL"), ("odd", 0, "with status 1")])
def test_a_worker_that_crashes_is_replaced(kind: str, worker: int, how: str, tmp_path: Path) -> None:
    process = parent(tmp_path, kind)
    until(lambda: len(began(tmp_path, worker)) == 2 and bool(began(tmp_path, 1 - worker)))
    process.terminate()
    written, errors = ended(process)
    assert written[:2] == [f"{number} drained after [15]" for number in (0, 1)]
    assert f"worker {worker} ended {how} after 0 s; starting another in 0 s" in errors
    assert ("RuntimeError: odd" in errors) == (kind == "odd")
    assert len(began(tmp_path, 1 - worker)) == 1


def test_a_worker_that_refuses_ends_the_others(tmp_path: Path) -> None:
    written, errors = ended(parent(tmp_path, "refuse"))
    assert "told: worker 1 cannot work; its reason stands above" in written
    assert "error: port 80 is in use; choose another" in errors
    assert len(began(tmp_path, 1)) == 1


def test_workers_that_return_are_not_replaced(tmp_path: Path) -> None:
    written, _ = ended(parent(tmp_path, "return"))
    assert written == ["0 drained after []", "1 drained after []", "over", "unwritten, and written once"]


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    process = parent(tmp_path, "serve")
    until(lambda: bool(began(tmp_path, 0) and began(tmp_path, 1)))
    workers = psutil.Process(process.pid).children()
    process.kill()
    written, _ = process.communicate(timeout=20)  # until the workers have closed it too
    assert sorted(written.splitlines()) == [f"{number} drained after [15]" for number in (0, 1)] + [
        "unwritten, and written once"
    ]
    assert len(workers) == 2
