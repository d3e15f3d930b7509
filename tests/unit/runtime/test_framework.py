import signal
from pathlib import Path

from serving_kit.runtime.framework import cpu_flags, paddle, summary


def test_paddle_leaves_sigterm_alone() -> None:
    paddle()
    lines = Path("/proc/self/status").read_text().splitlines()
    caught = int(next(line.split()[1] for line in lines if line.startswith("SigCgt:")), 16)
    assert not caught & 1 << (signal.SIGTERM - 1)


def test_the_telling_line_is_found_between_stack_traces() -> None:
    error = ValueError(
        "Compile Traceback (most recent call last):\n  File 'x.py', line 1\n"
        "    InvalidArgumentError: The number of input's channels is 2. But 3 was wanted.\n"
        "      [Hint: Expected a == b] (at /paddle/phi/binary.cc:649)\n      [operator < conv2d > error]"
    )
    assert summary(error) == "InvalidArgumentError: The number of input's channels is 2. But 3 was wanted"


def test_places_in_the_source_are_left_out() -> None:
    assert summary("(Unavailable) Cannot read. (at /paddle/x.cc:316)") == "(Unavailable) Cannot read"


def test_an_error_without_text_goes_by_its_name() -> None:
    assert summary(MemoryError()) == "MemoryError"


def test_cpu_flags_hold_what_every_x86_64_has() -> None:
    assert "sse2" in cpu_flags()
