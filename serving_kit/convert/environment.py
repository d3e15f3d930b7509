"""Python environments of their own, for frameworks whose pins or size have no place beside Paddle.

An environment is made from a lock file: pip's list of requirements, each with its exact version and without addresses,
so that pip's own configuration says where packages come from. It lies below the cache, is made once, whole or not at
all, and is found again as long as lock and Python stay the same.

Which build of PyTorch that is, the registry decides: on Linux the Python index has the build for CUDA, with several GB
of libraries that go unused here. Where pip is configured to find a `+cpu` wheel of the same version (`find-links`,
`extra-index-url`), it takes that one, of 200 MB.
"""

import subprocess
import sys
import venv
from hashlib import sha256
from pathlib import Path

from serving_kit.errors import NotFound, Unavailable
from serving_kit.fetch.cache import Cache
from serving_kit.settings import settings

_INSTALL_TIMEOUT_S = 1800.0  # the CUDA build over a slow line


def python(lock: Path) -> Path:
    """Return the interpreter of the environment that `lock` describes, made at the first call.

    NotFound where there is no lock file, Unavailable where pip cannot install what it lists; then nothing is left.
    """
    if not lock.is_file():
        raise NotFound(f"there is no lock file {lock}; give a list of requirements with their versions")
    environments = Cache(settings().cache_dir / "environments")
    key = sha256(lock.read_bytes() + sys.version.encode() + sys.base_prefix.encode()).hexdigest()[:16]
    return _interpreter(environments.folder(f"{lock.stem}-{key}", lambda folder: _make(lock, folder)))


def _make(lock: Path, folder: Path) -> None:
    """Fill a folder that is renamed afterwards: only the scripts in `bin` would mind, and nobody calls them."""
    venv.EnvBuilder(symlinks=True).create(folder)
    command = [sys.executable, "-m", "pip", "--python", str(_interpreter(folder)), "install", "--quiet", "--no-input"]
    try:
        ended = subprocess.run(  # noqa: S603 - our own interpreter, words and lock file
            [*command, "--requirement", str(lock)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refused(lock, f"pip did not end within {_INSTALL_TIMEOUT_S:g} s") from None
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.startswith("ERROR")] or ended.stderr.splitlines()
        raise _refused(lock, said[-1].removeprefix("ERROR: ") if said else f"exit status {ended.returncode}")


def _refused(lock: Path, reason: str) -> Unavailable:
    return Unavailable(
        f"the environment of {lock.name} cannot be made ({reason.strip()}); check the network, pip's configuration and "
        "the room on the disk"
    )


def _interpreter(folder: Path) -> Path:
    return folder / "bin" / "python"
