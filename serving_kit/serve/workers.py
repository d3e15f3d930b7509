"""Several processes behind one port (`--workers`): started, watched, replaced when they die, and ended together."""

import argparse
import logging
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Self

from serving_kit.errors import BadInput, Unavailable
from serving_kit.metrics.counters import Metrics
from serving_kit.metrics.statistics import Statistics, shared_rows
from serving_kit.serve.flags import FLAGS
from serving_kit.serve.restart_pause import RestartPause
from serving_kit.serve.shared_port import twin

log = logging.getLogger(__name__)

_POLL_S = 0.05
_NOT_PASSED_ON = {"--port_file", "--exit_with_stdin", "--prometheus_port", "--port"}


class Workers:
    """Child processes that listen on the same ports, each on sockets of its own; `sockets` keep the ports for them.

    One that dies is replaced, at once if it was the first time. They end when this process does, however it ends: each
    stops with the pipe to its standard input.
    """

    def __init__(
        self, flags: argparse.Namespace, sockets: Mapping[str, socket.socket], drain_s: float, names: Sequence[str]
    ) -> None:
        """Prepare workers that serve models of these names, and finish what they run within `drain_s` at their end."""
        self._flags = flags
        self._sockets = sockets
        self._drain_s = drain_s
        self._folder = tempfile.TemporaryDirectory(prefix="serving-kit-workers-")
        self._statistics = Path(self._folder.name) / "statistics"
        rows = shared_rows(self._statistics, flags.workers, len(flags.model))
        counted = {name: Statistics(row) for name, row in zip(names, rows, strict=True)}
        self._metrics = Metrics(lambda: counted) if flags.enable_prometheus else None
        self._exposed = ExitStack()
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._started_s: dict[int, float] = {}
        self._pauses = [RestartPause() for _ in range(flags.workers)]
        self._due_s: dict[int, float] = {}
        self._is_stopping = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._exposed.close()
        self._folder.cleanup()

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start all of them, tell `on_ready` once each answers, and watch them until a signal asks to stop.

        BadInput or Unavailable where one ends before it answers, the first or its successor.
        """
        for stop_signal in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop_signal, self._stop)
        for number in range(self._flags.workers):
            self._start(number)
        while not self._is_stopping and not all(self._ready_file(number).exists() for number in self._children):
            self._refuse_dead()
            time.sleep(_POLL_S)
        if not self._is_stopping:
            if self._metrics:
                exposer, _ = self._metrics.expose(self._flags.prometheus_port)
                self._exposed.callback(exposer.server_close)
                self._exposed.callback(exposer.shutdown)
            on_ready()
        while not self._is_stopping:
            self._replace_dead()
            time.sleep(_POLL_S)

    def _start(self, number: int) -> None:
        sockets = {name: twin(reserved) for name, reserved in self._sockets.items()}
        descriptors = {name: listening.fileno() for name, listening in sockets.items()}
        listen_fds = ",".join(f"{name}={descriptor}" for name, descriptor in descriptors.items())
        ready_file = self._ready_file(number)
        ready_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "serving_kit.serve", *_arguments(self._flags)]
        command += ["--listen_fds", listen_fds, "--port_file", str(ready_file), "--exit_with_stdin"]
        command += ["--nth_worker", str(number), "--counters", str(self._statistics)]
        child = subprocess.Popen(  # noqa: S603 - our own interpreter and module; flags are words, not shell
            command,
            stdin=subprocess.PIPE,
            pass_fds=tuple(descriptors.values()),
            start_new_session=True,  # Ctrl-C is for this process, which tells them
        )
        for listening in sockets.values():  # the child's alone, so that they end with it
            listening.close()
        self._children[number] = child
        self._started_s[number] = time.monotonic()

    def _ready_file(self, number: int) -> Path:
        return Path(self._folder.name) / f"ready-{number}"

    def _refuse_dead(self) -> None:
        for number, child in self._children.items():
            if child.poll() is not None:
                raise BadInput(f"worker {number} ended with status {child.returncode}; its reason stands above")

    def _replace_dead(self) -> None:
        for number, child in list(self._children.items()):
            if child.poll() is None:
                continue
            if not self._ready_file(number).exists():  # another would not get further
                raise Unavailable(f"worker {number} ended with status {child.returncode} before it answered")
            now_s = time.monotonic()
            if number not in self._due_s:
                lived_s = now_s - self._started_s[number]
                pause_s = self._pauses[number].pause_s(lived_s)
                self._due_s[number] = now_s + pause_s
                reason = f"worker {number} ended with status {child.returncode} after {lived_s:.0f} s"
                log.error("%s; starting another in %.0f s", reason, pause_s)
            if now_s >= self._due_s[number]:
                del self._due_s[number]
                self._start(number)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _end(self) -> None:
        for child in self._children.values():
            if child.stdin:
                child.stdin.close()
        deadline = time.monotonic() + self._drain_s + 2
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def inherited_sockets(listen_fds: str) -> dict[str, socket.socket]:
    """Return the listening sockets that `--listen_fds` names."""
    pairs = (item.rsplit("=", 1) for item in listen_fds.split(","))
    return {name: socket.socket(fileno=int(number)) for name, number in pairs}


def _arguments(flags: argparse.Namespace) -> list[str]:
    """Write the flags that were given as a command line again."""
    words: list[str] = []
    for flag in FLAGS:
        if flag.name not in flags.given or flag.name in _NOT_PASSED_ON:
            continue
        value = getattr(flags, flag.key)
        if flag.kind is bool:
            words.append(flag.name)
        else:
            words += [flag.name, *map(str, value if flag.many else (value,))]
    return words
