"""The one place that imports Paddle, because the import is noisy and takes over the process's signals."""

import os
import warnings
from functools import cache
from importlib import util
from pathlib import Path
from types import ModuleType


@cache
def paddle() -> ModuleType:
    """Import Paddle without its compiler hint, its start-up log and its signal handlers, and return it."""
    os.environ.setdefault("GLOG_minloglevel", "2")  # below errors Paddle logs every pass of its optimiser
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="No ccache found", category=UserWarning)
        import paddle
        import paddle.inference
    paddle.disable_signal_handler()  # else a SIGTERM prints a C++ stack trace
    module: ModuleType = paddle
    return module


@cache
def program_messages() -> ModuleType:
    """Return Paddle's generated messages of programs, without the seconds that its whole import takes."""
    package = util.find_spec("paddle")
    if package is None or not package.origin:
        raise ModuleNotFoundError("No module named 'paddle'", name="paddle")
    path = Path(package.origin).parent / "base" / "proto" / "framework_pb2.py"
    spec = util.spec_from_file_location("framework_pb2", path)
    assert spec and spec.loader  # noqa: S101 - there is one for every file that ends in .py
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cpu_flags() -> frozenset[str]:
    """Return the instruction sets of this CPU as Linux names them; empty where /proc does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return next((frozenset(line.split(":")[1].split()) for line in lines if line.startswith("flags")), frozenset())


def core_count() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def summary(error: BaseException | str) -> str:
    """Return the one telling line of a Paddle error, whose text carries two stack traces around it."""
    text = str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "Error: " in line or line.startswith("(")]
    chosen = (telling or lines or [type(error).__name__])[-1]
    return chosen.split(" (at ")[0].removesuffix(".")
