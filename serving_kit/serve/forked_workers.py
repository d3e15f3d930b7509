"""Several processes that run one function (`build_dag_each_worker`): forked, watched, replaced, and ended together."""

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from serving_kit.command import FAILED, exit_status
from serving_kit.errors import Unavailable
from serving_kit.pipeline.fork import end_of, fork
from serving_kit.serve.restart_pause import RestartPause

log = logging.getLogger(__name__)

_POLL_S = 0.05
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def run_forked(count: int, main: Callable[[int], None]) -> None:
    """Run `main` with 0, 1, ... in `count` children, and return once all of them ended well.

    To be called while the process has no other thread. SIGINT and SIGTERM are passed on to the children, and their end
    is waited for. A child that crashes is replaced, at once if it was the first time. Unavailable where one ends with a
    ServingKitError, which it writes to standard error: the next would not get further.
    """
    _Children(count, main).run()


class _Children:
    def __init__(self, count: int, main: Callable[[int], None]) -> None:
        self._main = main
        self._numbers: dict[int, int] = {}  # by the children's own
        self._began_s: dict[int, float] = {}
        self._due_s = dict.fromkeys(range(count), 0.0)
        self._pauses = [RestartPause() for _ in range(count)]
        self._to_pass_on: list[int] = []
        self._is_stopping = False
        self._reason = ""

    def run(self) -> None:
        with _handled(self._to_pass_on.append):
            while self._numbers or self._due_s:
                for number in [number for number, due_s in self._due_s.items() if due_s <= time.monotonic()]:
                    self._start(number)
                time.sleep(_POLL_S)
                self._look_after()
                self._pass_on()
        if self._reason:
            raise Unavailable(self._reason)

    def _start(self, number: int) -> None:
        parent = os.getpid()

        def main() -> None:
            os.setsid()  # Ctrl-C is for the parent, which passes it on
            _end_with(parent)
            raise SystemExit(exit_status(lambda: self._main(number)))

        child = fork(main)
        del self._due_s[number]
        self._numbers[child] = number
        self._began_s[child] = time.monotonic()

    def _look_after(self) -> None:
        for child in list(self._numbers):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                number, lived_s = self._numbers.pop(child), time.monotonic() - self._began_s.pop(child)
                if not self._is_stopping:
                    self._replace(number, status, lived_s)

    def _replace(self, number: int, status: int, lived_s: float) -> None:
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            return
        if code == FAILED:
            self._reason = f"worker {number} cannot work; its reason stands above"
            self._to_pass_on.append(signal.SIGTERM)
            return
        pause_s = self._pauses[number].pause_s(lived_s)
        reason = f"worker {number} ended {end_of(status)} after {lived_s:.0f} s"
        log.error("%s; starting another in %.0f s", reason, pause_s)
        self._due_s[number] = time.monotonic() + pause_s

    def _pass_on(self) -> None:
        while self._to_pass_on:
            number = self._to_pass_on.pop(0)
            self._is_stopping = True
            self._due_s.clear()
            for child in self._numbers:
                os.kill(child, number)


def _end_with(parent: int) -> None:
    """Have the kernel tell this process to stop when its parent has ended, however that came."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            raise SystemExit(0)


@contextmanager
def _handled(handler: Callable[[int], None]) -> Iterator[None]:
    def handle(number: int, _: FrameType | None) -> None:
        handler(number)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
