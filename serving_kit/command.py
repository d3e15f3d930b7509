"""How every command of this project ends: a status, and one sentence where something went wrong."""

import sys
from collections.abc import Callable

from serving_kit.errors import ServingKitError

FAILED = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def exit_status(command: Callable[[], object]) -> int:
    """Run a command and return 0, 2 with one sentence on standard error, or 130 where Ctrl-C ended it."""
    try:
        command()
    except ServingKitError as error:
        return _failed(str(error))
    except ModuleNotFoundError as error:
        return _failed(f"this command needs the package {error.name}; pip install serving-kit[server] brings it")
    except OSError as error:
        return _failed(f"a file cannot be read or written: {error}")
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _failed(sentence: str) -> int:
    sys.stderr.write(f"error: {sentence}\n")
    return FAILED
