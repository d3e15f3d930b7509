"""Unpack Debian packages below build/, without installing them, from any release that this machine's mirror has."""

import platform
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from benchmarks.peer.environment import PEERS

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
LIBRARIES = Path("usr", "lib", "x86_64-linux-gnu")


def is_debian() -> bool:
    """Return whether this is Debian, on a processor that the clients were built for."""
    is_here = Path(KEYRING).exists() and shutil.which("apt-get") is not None
    return is_here and platform.machine() == "x86_64" and platform.freedesktop_os_release()["ID"] == "debian"


def unpack(name: str, packages: Sequence[str], release: str | None = None) -> Path:
    """Return `build/peers/<name>`, where the files of these packages lie as under `/`; unpacked at the first call.

    `release` is a codename, None for the machine's own. CalledProcessError where apt finds no such package.
    """
    folder = PEERS / name
    with FileLock(PEERS.parent / f"peers-{name}.lock"):
        stamp = folder / "peer.stamp"
        if not stamp.exists() or stamp.read_text().split() != list(packages):
            shutil.rmtree(folder, ignore_errors=True)
            lists, archives = folder / "lists", folder / "archives"
            for path in (lists / "partial", archives / "partial"):
                path.mkdir(parents=True)
            apt = ["apt-get", "--quiet", *_private(folder, release)]
            dpkg = ["dpkg-deb", "--extract"]
            subprocess.run([*apt, "update"], check=True, capture_output=True)  # noqa: S603 - our own words
            subprocess.run([*apt, "download", *packages], check=True, capture_output=True, cwd=archives)  # noqa: S603
            for archive in archives.glob("*.deb"):
                subprocess.run([*dpkg, str(archive), str(folder)], check=True)  # noqa: S603 - as above
            shutil.rmtree(lists)
            stamp.write_text("\n".join(packages))
    return folder


def _private(folder: Path, release: str | None) -> list[str]:
    """Return apt's options for lists and sources that are not the machine's."""
    own = platform.freedesktop_os_release()["VERSION_CODENAME"]
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING}] {_mirror(own)} {release or own} main\n")
    settings = {
        "Dir::Etc::SourceList": sources,
        "Dir::Etc::SourceParts": folder / "none",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::Status": "/dev/null",  # else a package installed here counts, though its file cannot be had
        "Dir::Cache": folder,
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _mirror(codename: str) -> str:
    """Return the address that this machine's apt takes a release's main packages from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Codename: {codename}"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - as above
    return listed.split()[0]
