"""Make the environments of programs that nobody here wrote, each with its own locked pins, under build/peers."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

import bootstrap

PEERS = bootstrap.ROOT / "build" / "peers"


def environment(lock: Path, python: Path = Path(sys.executable), libraries: Path | None = None) -> Path:
    """Return the folder of an environment, named as its lock file, that holds what this pins; made at the first call.

    `libraries` is a folder of shared libraries that this interpreter needs. CalledProcessError where uv fails.
    """
    folder = PEERS / lock.stem
    with FileLock(PEERS.parent / f"peers-{lock.stem}.lock"):
        stamp = folder / "peer.stamp"
        wanted = f"{python} {hashlib.sha256(lock.read_bytes()).hexdigest()}"
        if not stamp.exists() or stamp.read_text() != wanted:
            stamp.unlink(missing_ok=True)
            _uv("venv", "--clear", "--python", str(python), str(folder), libraries=libraries)
            into = ["--python", str(folder / "bin" / "python"), "--no-deps"]
            _uv("pip", "install", *into, "-r", str(lock), libraries=libraries)
            stamp.write_text(wanted)
    return folder


def _uv(*arguments: str, libraries: Path | None) -> None:
    found = {"LD_LIBRARY_PATH": str(libraries)} if libraries else {}
    command = [str(bootstrap.PYTHON), "-m", "uv", "--quiet", *arguments]
    subprocess.run(command, check=True, env={**bootstrap.registries(), **os.environ, **found})  # noqa: S603 - our own words
