"""Members of zip, wheel and tar archives, with no way out of the folder they are unpacked to."""

import errno
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from serving_kit.errors import BadInput, NotFound, UnsafeArchive
from serving_kit.settings import settings

_CHUNK_BYTES = 1 << 20
# Deflate reaches about 1,000 to 1; weights reach 2 to 1 and vocabularies 10 to 1.
_LARGEST_RATIO = 200
_SMALL_BYTES = 16 << 20
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class _Member:
    name: str
    is_file: bool
    is_folder: bool
    content: IO[bytes] | None


def unpack(archive: Path, members: Mapping[str, str], destination: Path, *, limit_bytes: int | None = None) -> None:
    """Unpack `members` of `archive` into `destination`.

    `members` maps a path below `destination` to a file or a folder of the archive ("." is all of it). Raises
    UnsafeArchive for a member that is absolute, climbs out, is a link or a device, comes twice or unpacks to more than
    `limit_bytes` (default: the setting) or than 200 times the archive; NotFound for a member that is not there;
    BadInput for an archive that is damaged.
    """
    limit = settings().download_limit_bytes if limit_bytes is None else limit_bytes
    budget = min(limit, max(_SMALL_BYTES, archive.stat().st_size * _LARGEST_RATIO))
    found: set[str] = set()
    try:
        with _opened(archive, limit) as entries:
            for entry in entries:
                for target, wanted in members.items():
                    below = _below(entry.name, wanted)
                    if below is None:
                        continue
                    budget -= _write(entry, destination / _safe(target), below, budget, archive.name)
                    found.add(target)
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # a damaged archive points to places that no file has
            raise
        raise BadInput(f"{archive.name} cannot be unpacked ({error}); delete it and fetch it again") from None
    except _DAMAGE as error:
        raise BadInput(f"{archive.name} cannot be unpacked ({error}); delete it and fetch it again") from None
    for target, wanted in members.items():
        if target not in found:
            raise NotFound(f"{archive.name} has no member {wanted!r}")


def contents(archive: Path) -> dict[str, int]:
    """Return the size in bytes of each file of an archive by its path; BadInput where the archive is damaged."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as bundle:
                return {info.filename: info.file_size for info in _infos(bundle) if not info.is_dir()}
        with tarfile.open(archive, "r:*") as bundle:
            return {info.name: info.size for info in bundle if info.isfile()}
    except _DAMAGE as error:
        raise BadInput(f"{archive.name} cannot be read ({error}); delete it and fetch it again") from None


def _below(name: str, wanted: str) -> str | None:
    """Return the part of `name` below the folder `wanted`, "" for the very member, None for any other."""
    trimmed = name.removeprefix("./").rstrip("/")
    if wanted == ".":
        return trimmed
    if trimmed == wanted:
        return ""
    return trimmed.removeprefix(wanted + "/") if trimmed.startswith(wanted + "/") else None


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name or ":" in name:
        raise UnsafeArchive(f"the archive member {name!r} would land outside its folder; do not use this archive")
    return path


def _write(entry: _Member, target: Path, below: str, budget: int, archive: str) -> int:
    """Write one member and return its size in bytes."""
    path = target / _safe(below)
    if entry.is_folder:
        path.mkdir(parents=True, exist_ok=True)
        return 0
    if not entry.is_file or entry.content is None:
        raise UnsafeArchive(f"{archive}: member {entry.name!r} is a link or a device; do not use this archive")
    path.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    try:
        with path.open("xb") as file:
            while chunk := entry.content.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > budget:
                    raise UnsafeArchive(f"{archive} unpacks to far more than its size; do not use this archive")
                file.write(chunk)
    except FileExistsError:
        raise UnsafeArchive(f"{archive}: member {entry.name!r} comes twice; do not use this archive") from None
    return size


@contextmanager
def _opened(archive: Path, limit_bytes: int) -> Iterator[Iterator[_Member]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as bundle:
            yield _zip_members(bundle)
    else:
        with tarfile.open(archive, "r:*") as bundle:
            yield _tar_members(bundle, limit_bytes)


def _infos(bundle: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members; BadZipFile for one without a name, on which zipfile itself raises IndexError."""
    infos = bundle.infolist()
    if not all(info.filename for info in infos):
        raise zipfile.BadZipFile("a member has no name")
    return infos


def _zip_members(bundle: zipfile.ZipFile) -> Iterator[_Member]:
    for info in _infos(bundle):
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.is_dir():
            yield _Member(info.filename, False, True, None)
        elif kind in (0, stat.S_IFREG):
            with bundle.open(info) as content:
                yield _Member(info.filename, True, False, content)
        else:
            yield _Member(info.filename, False, False, None)


def _tar_members(bundle: tarfile.TarFile, limit_bytes: int) -> Iterator[_Member]:
    for info in bundle:
        # A tar is read from end to end, so a member that nobody wants costs its size too.
        if info.offset_data + info.size > limit_bytes:
            raise UnsafeArchive(
                f"member {info.name!r} unpacks to more than {limit_bytes} bytes; do not use this archive"
            )
        content = bundle.extractfile(info) if info.isfile() else None
        yield _Member(info.name, info.isfile(), info.isdir(), content)
    _read_on(bundle, limit_bytes)


def _read_on(bundle: tarfile.TarFile, limit_bytes: int) -> None:
    """Read what follows the last member, since gzip keeps its checksum at the very end."""
    left = limit_bytes
    while left > 0 and bundle.fileobj and (chunk := bundle.fileobj.read(_CHUNK_BYTES)):
        left -= len(chunk)
