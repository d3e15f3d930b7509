"""A server to be measured, as a child process: it says its port and ends when its parent does."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.core import on_core
from serving_kit.errors import Unavailable


@contextmanager
def started(module: str, *words: str, core: int) -> Iterator[tuple[int, int]]:
    """Start `python -m MODULE WORDS` on one core; yield its port and its process number, and end it afterwards.

    The module calls `end_with_parent` at its start and `announce` once it listens; Unavailable where it ends before.
    """
    with on_core(core):
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # as serving_kit.start does: Linux shares cores out by session
        )
    with process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise Unavailable(f"{module} {words[0]} ended before it listened; its reason stands above")
            yield int(line), process.pid
        finally:
            process.kill()


def announce(port: int) -> None:
    """Tell the parent which port is listened on."""
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def end_with_parent() -> None:
    """End this process as soon as its standard input does."""
    threading.Thread(target=_wait_and_end, daemon=True).start()


def _wait_and_end() -> None:
    while os.read(0, 1):  # past sys.stdin, whose lock would hold up an interpreter that ends by itself
        pass
    os._exit(0)
