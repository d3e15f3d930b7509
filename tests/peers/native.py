"""Paddle Serving 0.9's native client: a Python 3.9, the client's wheel, and a stand-in for its OpenSSL 1.0."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from benchmarks.peer import interpreter
from benchmarks.peer.debian import is_debian
from tests.peers.environment import PEERS, environment

SOURCES = Path(__file__).parent / "openssl10"
PYTHON = "3.9"


@dataclass(frozen=True)
class Peer:
    """A client's interpreter, and the folders of shared libraries that it needs."""

    python: Path
    libraries: tuple[Path, ...] = ()


def is_possible() -> bool:
    """Return whether the client can run here: its interpreter can be had, and its libraries can be compiled."""
    return shutil.which("cc") is not None and (interpreter.installed(PYTHON) is not None or is_debian())


def native() -> Peer:
    """Return the native client, made at the first call."""
    found = interpreter.installed(PYTHON) or interpreter.from_debian()
    folder = environment("native", found.python, found.libraries)
    return Peer(folder / "bin" / "python", (_openssl(), found.libraries))


def from_debian() -> Peer:
    """Return a Python 3.9 that is unpacked beside the tests, at the first call."""
    found = interpreter.from_debian()
    return Peer(found.python, (found.libraries,))


def _openssl() -> Path:
    """Compile the stand-in, and return the folder that holds both libraries."""
    folder = PEERS / "openssl10"
    with FileLock(PEERS.parent / "peers-openssl10.lock"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("crypto", "ssl"):
            library = folder / f"lib{name}.so.10"
            script = f"-Wl,--version-script={SOURCES / name}.map"
            command = ["cc", "-shared", "-fPIC", "-fno-builtin", f"-Wl,-soname={library.name}", script]
            subprocess.run([*command, "-o", str(library), str(SOURCES / f"{name}.c")], check=True)
    return folder
