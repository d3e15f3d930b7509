"""Drawing answers onto a copy of the image they are about."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Point
from serving_kit.tasks.pixels import Image, as_image

# Dark enough for white text, and apart for the colour-blind (after Paul Tol's "vibrant").
COLOURS = ("#0067a5", "#c4451c", "#007a6c", "#a3195b", "#5b3a9e", "#8a5a00", "#33691e", "#444444")

Box: TypeAlias = tuple[float, float, float, float]


class Outlined(Protocol):
    """What can be drawn: TextBox, Region, or anything else with an outline and a caption."""

    @property
    def outline(self) -> tuple[Point, ...]:
        """Corners in pixels."""

    @property
    def caption(self) -> str:
        """A few words that stand beside it."""


def draw(
    image: Image, shapes: Sequence[Outlined], captions: Sequence[str] | None = None, *, font: str | Path | None = None
) -> Image:
    """Return a copy of the image with the shapes outlined and captioned, one colour a label.

    `captions` replace the shapes' own, e.g. with the text that was read; `font` is a TrueType or OpenType file: the
    built-in one cannot write Chinese. A caption stands where it hides least of the other shapes and captions.
    """
    picture = Pillow.fromarray(as_image(image))
    texts = [shape.caption for shape in shapes] if captions is None else list(captions)
    if len(texts) != len(shapes):
        raise BadInput(f"there are {len(texts)} captions for {len(shapes)} shapes; give one each")
    size = max(12, round(max(picture.size) / 55))
    letters, pen = _font(font, size), ImageDraw.Draw(picture)
    kinds = list(dict.fromkeys(getattr(shape, "label", "") for shape in shapes))
    colours = [COLOURS[kinds.index(getattr(shape, "label", "")) % len(COLOURS)] for shape in shapes]
    for shape, colour in zip(shapes, colours, strict=True):
        _outline(pen, shape.outline, colour, width=max(2, size // 6))
    taken = [_around(shape.outline) for shape in shapes]
    for shape, text, colour in zip(shapes, texts, colours, strict=True):
        if text:
            plate = pen.textlength(text, font=letters) + 6, sum(letters.getmetrics()) + 2.0
            box = _freest(_around(shape.outline), plate, taken, picture.size)
            taken.append(box)
            pen.rectangle(box, fill=colour, outline="white")
            pen.text((box[0] + 3, box[1] + 1), text, fill="white", font=letters)
    return np.array(picture)


def _outline(pen: ImageDraw.ImageDraw, corners: tuple[Point, ...], colour: str, width: int) -> None:
    """Draw a closed line with a white edge, so that it shows on dark and on light alike."""
    path = [*corners, *corners[:2]]
    pen.line(path, fill="white", width=width + 2, joint="curve")
    pen.line(path, fill=colour, width=width, joint="curve")


def _around(corners: tuple[Point, ...]) -> Box:
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _freest(shape: Box, plate: tuple[float, float], taken: Sequence[Box], picture: tuple[int, int]) -> Box:
    """Return where a plate of (width, height) hides least: above the shape, below, right, left or in its corner."""
    (left, top, right, bottom), (width, height) = shape, plate
    spots = ((left, top - height), (left, bottom), (right, top), (left - width, top), (left, top))
    boxes = []
    for spot in spots:
        x = max(0.0, min(spot[0], picture[0] - 1 - width))
        y = max(0.0, min(spot[1], picture[1] - 1 - height))
        boxes.append((x, y, x + width, y + height))
    return min(boxes, key=lambda box: sum(_shared(box, other) for other in taken))


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _font(path: str | Path | None, size: int) -> ImageFont.FreeTypeFont:
    try:
        font = ImageFont.load_default(size) if path is None else ImageFont.truetype(str(path), size)
    except OSError as error:
        raise BadInput(f"cannot read font {path} ({error}); give a TrueType or OpenType file") from None
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise BadInput("this Pillow was built without FreeType and cannot draw text; install Pillow's own wheel")
    return font
