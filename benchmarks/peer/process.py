"""A server under measurement: every process of it on one core, its processor time, and its end."""

import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.core import on_core

_MARK = "SERVING_KIT_BENCHMARK"
_GRACE_S = 5.0


@dataclass(frozen=True)
class Running:
    """A started server. Its processes are those that carry its mark in their environment, whoever their parent is."""

    process: subprocess.Popen[bytes]
    mark: str
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether the process that was started has not ended."""
        return self.process.poll() is None

    def processes(self) -> list[psutil.Process]:
        """Return all processes that descend from the command."""
        return [process for process in psutil.process_iter() if _mark_of(process) == self.mark]

    def cpu_s(self) -> float:
        """Return the seconds of processor time, user and system, of all processes and of their children that ended."""
        return sum(_cpu_s(process) for process in self.processes())

    def memory_bytes(self) -> int:
        """Return the resident memory of all processes; pages that they share count once for each."""
        return sum(process.memory_info().rss for process in self.processes())

    def last_words(self) -> str:
        """Return the last line of the log that is not blank."""
        lines = [line.strip() for line in self.log.read_text("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1] if lines else "it said nothing"

    def end(self) -> None:
        """Ask the first process to end, then those that it left behind, and kill what is still there."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE_S)
        for end in (psutil.Process.terminate, psutil.Process.kill):
            left = self.processes()
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    end(process)
            psutil.wait_procs(left, _GRACE_S)
        self.process.wait()


@contextmanager
def started(command: Sequence[str], variables: Mapping[str, str], core: int, log: Path) -> Iterator[Running]:
    """Run a command on one core, its output in `log`, and end whatever descends from it afterwards."""
    mark = uuid.uuid4().hex
    environment = {**os.environ, "OMP_NUM_THREADS": "1", **variables, _MARK: mark}
    with on_core(core), log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - words, not shell
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,  # Linux shares cores out by session
        )
    running = Running(process, mark, log)
    try:
        yield running
    finally:
        running.end()


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def wait_until_idle(running: Running, share: float = 0.2, step_s: float = 0.2, limit_s: float = 60.0) -> None:
    """Wait until a server uses less than a share of a core: it may still compute what nobody waits for any more."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        before = running.cpu_s()
        time.sleep(step_s)
        if running.cpu_s() - before <= share * step_s:
            return


def _mark_of(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(_MARK)
    except psutil.Error:
        return None


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)
