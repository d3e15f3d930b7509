"""Old Pythons for old wheels: this machine's, or unpacked out of Debian's packages."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peer.debian import LIBRARIES, is_debian, unpack

# Debian 11 is the last release with a Python that Paddle Serving's wheels were built for.
_RELEASE = "bullseye"
_PACKAGES = (
    "libffi7",
    "libpython3.9",
    "libpython3.9-minimal",
    "libpython3.9-stdlib",
    "libssl1.1",
    "python3-distutils",
    "python3.9-minimal",
)


@dataclass(frozen=True)
class Interpreter:
    """A Python, and the folder of shared libraries that it needs."""

    python: Path
    libraries: Path


def find(versions: Sequence[str]) -> Interpreter | None:
    """Return the first of these versions, as `3.9`, that can be had, None where none can."""
    found = next((one for version in versions if (one := installed(version))), None)
    return found or (from_debian() if "3.9" in versions and is_debian() else None)


def installed(version: str) -> Interpreter | None:
    """Return this machine's Python of a version, from the path or from pyenv, where it comes as a shared library."""
    places = [Path(found).resolve()] if (found := shutil.which(f"python{version}")) else []
    places += sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}"))
    interpreters = (Interpreter(place, place.parent.parent / "lib") for place in places)
    return next((one for one in interpreters if (one.libraries / f"libpython{version}.so.1.0").exists()), None)


def from_debian() -> Interpreter:
    """Return a Python 3.9 that is unpacked below build/, at the first call."""
    root = unpack("python3.9", _PACKAGES, _RELEASE)
    return Interpreter(root / "usr" / "bin" / "python3.9", root / LIBRARIES)
