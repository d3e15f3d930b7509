"""Child processes of a conversion: what crashes, hangs or talks too much stays in there."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from serving_kit.errors import ModelFileError

_DEADLINE_S = 600.0  # the slowest model tried took a fiftieth of it


def run(model: Path, doing: str, command: Sequence[str]) -> None:
    """Run a command to its end; ModelFileError with the last line that it wrote where it fails or takes too long."""
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
        raise ModelFileError(f"{model} cannot be {doing}: no result within {_DEADLINE_S:g} s; use another") from None
    if ended.returncode:
        lines = ended.stdout.decode(errors="replace").strip().splitlines()
        reason = lines[-1].strip() if lines else f"the process ended with status {ended.returncode}"
        raise ModelFileError(f"{model} cannot be {doing}: {reason}")
