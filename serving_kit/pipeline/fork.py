"""A forked child: what it must not take over from its parent, and how it ends."""

import contextlib
import logging
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)


def fork(main: Callable[[], None], deaf_to: Iterable[signal.Signals] = ()) -> int:
    """Run `main` in a child and return the child's number; to be called while the process has no other thread.

    The child ends with `main`: with status 0, that of `SystemExit`, or 1 and a line in the log. It has not its parent's
    handlers of signals, exit functions and unwritten output. It is deaf to the signals named, which programs that it
    starts are not.
    """
    _flush()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 counts numpy's idle threads too
            child = os.fork()
        if child == 0:
            _live(main, deaf_to, mask)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return child


def end_of(status: int) -> str:
    """Say how a child ended, of what `os.waitpid` returns."""
    code = os.waitstatus_to_exitcode(status)
    names = {one.value: one.name for one in signal.Signals}
    return f"with status {code}" if code >= 0 else f"with signal {names.get(-code, -code)}"


def _live(main: Callable[[], None], deaf_to: Iterable[signal.Signals], mask: Iterable[signal.Signals | int]) -> None:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in deaf_to:
            signal.signal(number, _pass_over)  # SIG_IGN would be handed on to programs
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        log.exception("process %d ends", os.getpid())
    finally:
        _flush()
        os._exit(status & 0xFF)


def _pass_over(*_: object) -> None:
    pass


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # there is none, or it is closed
            stream.flush()
