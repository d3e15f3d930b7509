"""Vocabularies that Paddle Serving's readers fetched from the vendor where the caller gave none."""

from pathlib import Path

from serving_kit.compat.app.catalogue import VENDOR
from serving_kit.fetch.archive import unpack
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.http import download
from serving_kit.settings import settings


def vocabulary(name: str, address: str) -> Path:
    """Return a file of the vendor's, fetched into the cache once; errors of `serving_kit.fetch.http.download`."""
    folder = _cache().folder(name, lambda work: download(VENDOR + address, work / name))
    return folder / name


def dictionaries(name: str, address: str) -> Path:
    """Return a folder of the vendor's, fetched and unpacked into the cache once."""
    return _cache().folder(name, lambda work: _unpacked(name, VENDOR + address, work)) / name


def _unpacked(name: str, url: str, work: Path) -> None:
    archive = work / "archive"
    download(url, archive)
    unpack(archive, {name: name}, work)
    archive.unlink()


def _cache() -> Cache:
    return Cache(settings().cache_dir / "readers")
