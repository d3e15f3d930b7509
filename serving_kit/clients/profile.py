"""Where the time of a call went, on standard error, as Paddle Serving's client writes it.

`FLAGS_profile_client=1` in the environment asks for the client's stages, `FLAGS_profile_server=1` for the server's
operators; a line reads `PROFILE<tab>pid:1<tab>py_prepro_0:123 py_prepro_1:456 ` in microseconds since 1970.
"""
# ruff: noqa: SIM112 - the variables' names are Paddle Serving's

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Profile:
    """The stages of one call."""

    def __init__(self) -> None:
        self.asks_server = os.environ.get("FLAGS_profile_server") == "1"
        self._is_wanted = self.asks_server or os.environ.get("FLAGS_profile_client") == "1"
        self._marks: list[str] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note when the block begins and ends."""
        self._mark(f"{name}_0", _now_us())
        yield
        self._mark(f"{name}_1", _now_us())

    def operators(self, times_us: Sequence[int]) -> None:
        """Note the server's `profile_time`: a start and an end an operator."""
        if self.asks_server:
            for index, time_us in enumerate(times_us):
                self._mark(f"op{index // 2}_{index % 2}", time_us)

    def write(self) -> None:
        """Write the line where the environment asks for one."""
        if self._is_wanted:
            sys.stderr.write(f"PROFILE\tpid:{os.getpid()}\t{' '.join(self._marks)} \n")

    def _mark(self, name: str, time_us: int) -> None:
        self._marks.append(f"{name}:{time_us}")


def _now_us() -> int:
    return time.time_ns() // 1000
