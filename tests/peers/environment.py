"""The environments of clients that nobody here wrote."""

import sys
from pathlib import Path

from benchmarks.peer import environment as peer

LOCKS = Path(__file__).parent / "locks"
PEERS = peer.PEERS


def environment(name: str, python: Path = Path(sys.executable), libraries: Path | None = None) -> Path:
    """Return the folder of an environment that holds what `locks/<name>.lock` pins; see `benchmarks.peer`."""
    return peer.environment(LOCKS / f"{name}.lock", python, libraries)
