import atexit
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from serving_kit.pipeline.fork import end_of, fork


def ends(main: Callable[[], None], *deaf_to: signal.Signals) -> str:
    return end_of(os.waitpid(fork(main, deaf_to), 0)[1])


def leave(status: object) -> Callable[[], None]:
    def main() -> None:
        sys.exit(status)  # type: ignore[arg-type]

    return main


def fail() -> None:
    raise ValueError("odd")


@pytest.mark.parametrize(
    ("main", "end"),
    [
        (lambda: None, "with status 0"),
        (leave(None), "with status 0"),
        (leave(3), "with status 3"),
        (leave("a reason"), "with status 1"),
        (fail, "with status 1"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "with signal SIGKILL"),
        (lambda: os.kill(os.getpid(), signal.SIGRTMIN + 3), f"with signal {signal.SIGRTMIN + 3}"),
    ],
)
def test_a_child_ends_with_its_work(main: Callable[[], None], end: str) -> None:
    assert ends(main) == end


def test_what_goes_wrong_is_in_the_log(tmp_path: Path) -> None:
    handler = logging.FileHandler(tmp_path / "log")
    logging.getLogger().addHandler(handler)
    try:
        ends(fail)
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
    assert "ValueError: odd" in (tmp_path / "log").read_text()


def test_handlers_and_exit_functions_stay_with_the_parent(tmp_path: Path) -> None:
    def left() -> None:
        (tmp_path / "left").touch()

    handlers = {number: signal.signal(number, lambda *_: left()) for number in (signal.SIGTERM, signal.SIGINT)}
    atexit.register(left)
    try:
        assert ends(lambda: os.kill(os.getpid(), signal.SIGTERM)) == "with signal SIGTERM"
        assert ends(lambda: os.kill(os.getpid(), signal.SIGINT)) == "with status 1"  # KeyboardInterrupt
        assert ends(lambda: None) == "with status 0"
        assert not (tmp_path / "left").exists()
        os.kill(os.getpid(), signal.SIGTERM)
        assert (tmp_path / "left").exists()
    finally:
        atexit.unregister(left)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def test_a_deaf_child_starts_programs_that_hear(tmp_path: Path) -> None:
    def main() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"]
        (tmp_path / "code").write_text(str(subprocess.run(command, check=False).returncode))

    assert ends(main, signal.SIGTERM) == "with status 0"
    assert (tmp_path / "code").read_text() == str(-signal.SIGTERM)


def test_a_child_has_no_signals_blocked() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def main() -> None:
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before

    assert ends(main) == "with status 0"
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
