"""Paddle Serving 0.9's native client: a Python 3.9, the client's wheel, and a stand-in for its OpenSSL 1.0."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from benchmarks.peer.debian import LIBRARIES, is_debian, unpack
from tests.peers.environment import PEERS, environment

SOURCES = Path(__file__).parent / "openssl10"
INTERPRETER = "libpython3.9.so.1.0"
# Debian 11 is the last release with a Python that the wheel was built for.
RELEASE = "bullseye"
PACKAGES = (
    "libffi7",
    "libpython3.9",
    "libpython3.9-minimal",
    "libpython3.9-stdlib",
    "libssl1.1",
    "python3-distutils",
    "python3.9-minimal",
)


@dataclass(frozen=True)
class Peer:
    """A client's interpreter, and the folders of shared libraries that it needs."""

    python: Path
    libraries: tuple[Path, ...] = ()


def is_possible() -> bool:
    """Return whether the client can run here: its interpreter can be had, and its libraries can be compiled."""
    return shutil.which("cc") is not None and (_installed() is not None or is_debian())


def native() -> Peer:
    """Return the native client, made at the first call."""
    found = _installed() or from_debian()
    (libraries,) = found.libraries
    folder = environment("native", found.python, libraries)
    return Peer(folder / "bin" / "python", (_openssl(), libraries))


def from_debian() -> Peer:
    """Return a Python 3.9 that is unpacked beside the tests, at the first call."""
    root = unpack("python3.9", PACKAGES, RELEASE)
    return Peer(root / "usr" / "bin" / "python3.9", (root / LIBRARIES,))


def _installed() -> Peer | None:
    """Return a Python 3.9 of this machine that comes as a shared library, as the client's extension module wants it."""
    places = [Path(found).resolve()] if (found := shutil.which("python3.9")) else []
    places += sorted(Path.home().glob(".pyenv/versions/3.9.*/bin/python3.9"))
    peers = (Peer(place, (place.parent.parent / "lib",)) for place in places)
    return next((peer for peer in peers if (peer.libraries[0] / INTERPRETER).exists()), None)


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
