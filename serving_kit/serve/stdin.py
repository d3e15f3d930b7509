"""A server that ends with the process that started it."""

import os
import signal
import sys
import threading


def stop_with_stdin(drain_s: float) -> None:
    """Watch standard input from a thread: once whoever started this process closes the pipe or dies, ask it to stop.

    Whatever still runs after `drain_s` seconds is ended.
    """
    threading.Thread(target=_watch, args=(drain_s,), daemon=True).start()


def _watch(drain_s: float) -> None:
    # The descriptor itself: a thread inside a buffered reader aborts an interpreter that ends.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(drain_s)
    os._exit(1)
