"""A pipeline's files of logs, named, rotated and written as Paddle Serving's are."""

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from serving_kit.errors import BadInput

_MAX_BYTES = 512_000_000
_LOOKS = 256  # lines from one look at a file's size to the next: a look costs three times what the line does
_LINE = "%(levelname)s %(asctime)s [%(filename)s:%(lineno)d] %(message)s"
_PACKAGE = logging.getLogger("serving_kit")
TRACER = logging.getLogger("serving_kit.pipeline.tracer")


def log_folder() -> Path:
    """Return where logs belong: `PipelineServingLogs`, in the folder that `SERVING_LOG_PATH` names or in this one."""
    return Path(os.environ.get("SERVING_LOG_PATH", "")) / "PipelineServingLogs"


@contextmanager
def logging_to(folder: Path) -> Iterator[None]:
    """Write `pipeline.log`, its warnings and errors to `pipeline.log.wf` too, and the tracer to `pipeline.tracer`.

    What is printed besides stays as it is. BadInput where the folder cannot be written.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _add(stack, _PACKAGE, folder / "pipeline.log", _LINE, logging.INFO, copies=20)
            _add(stack, _PACKAGE, folder / "pipeline.log.wf", _LINE, logging.WARNING, copies=10)
            _add(stack, TRACER, folder / "pipeline.tracer", "%(asctime)s %(message)s", logging.INFO, copies=5)
        except OSError as error:
            raise BadInput(
                f"logs cannot be written to {folder}: {error.strerror}; name a folder that can in SERVING_LOG_PATH"
            ) from None
        _be_heard(stack)
        yield


class _Rotating(RotatingFileHandler):
    """Lets a file grow a few lines over its size."""

    _lines = 0

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the library's
        """Tell whether the file is full, as far as it was looked at."""
        self._lines += 1
        return self._lines % _LOOKS == 0 and bool(super().shouldRollover(record))


def _add(stack: ExitStack, logger: logging.Logger, path: Path, line: str, level: int, *, copies: int) -> None:
    handler = _Rotating(path, maxBytes=_MAX_BYTES, backupCount=copies, encoding="utf-8")
    stack.callback(handler.close)
    handler.setLevel(level)
    handler.setFormatter(logging.Formatter(line))
    logger.addHandler(handler)
    stack.callback(logger.removeHandler, handler)


def _be_heard(stack: ExitStack) -> None:
    """Let records of INFO through to the files, and no more than before to the handlers of the root."""
    printed = _PACKAGE.getEffectiveLevel()
    for handler in logging.getLogger().handlers:
        stack.callback(handler.setLevel, handler.level)
        handler.setLevel(max(handler.level, printed))
    stack.callback(_PACKAGE.setLevel, _PACKAGE.level)
    _PACKAGE.setLevel(min(printed, logging.INFO))
    stack.callback(setattr, TRACER, "propagate", TRACER.propagate)
    TRACER.propagate = False
