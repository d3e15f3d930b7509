"""Child processes of a conversion: what crashes, hangs or talks too much stays in there."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from serving_kit.errors import ModelFileError

_DEADLINE_S = 600.0  # the slowest model tried took a tenth of it


def last_line(log: str) -> str:
    """Return the last line that a child wrote, in which libraries say what went wrong."""
    return (log.strip().splitlines() or ["the process crashed"])[-1].strip()


def run(model: Path, doing: str, command: Sequence[str], reason: Callable[[str], str] = last_line) -> None:
    """Run a command to its end; ModelFileError where it fails or takes too long.

    `doing` says what cannot be done to the model, `reason` finds in what the child wrote why not.
    """
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreters and scripts
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ModelFileError(f"{model} cannot be {doing}: no result within {_DEADLINE_S:g} s") from None
    if ended.returncode:
        raise ModelFileError(f"{model} cannot be {doing}: {reason(ended.stdout.decode(errors='replace'))}")
