"""Which core a process runs on, and how much of it the process uses."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this thread, and what it starts meanwhile, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def two_cores() -> tuple[int, int]:
    """Return a core for the server and one for the load; the same twice where this process may use only one."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


def cpu_s(pid: int) -> float:
    """Return the seconds of processor time that a process has used, in user and system mode."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
