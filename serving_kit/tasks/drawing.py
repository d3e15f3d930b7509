"""Drawing answers onto a copy of the image they are about."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Point
from serving_kit.tasks.pixels import Image, as_image

# Dark enough for white text, and apart for the colour-blind (after Paul Tol's "vibrant").
COLOURS = ("#0067a5", "#c4451c", "#007a6c", "#a3195b", "#5b3a9e", "#8a5a00", "#33691e", "#444444")


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
    built-in one cannot write Chinese.
    """
    picture = Pillow.fromarray(as_image(image))
    texts = [shape.caption for shape in shapes] if captions is None else list(captions)
    if len(texts) != len(shapes):
        raise BadInput(f"there are {len(texts)} captions for {len(shapes)} shapes; give one each")
    size = max(12, round(max(image.shape[:2]) / 50))
    letters, pen = _font(font, size), ImageDraw.Draw(picture)
    kinds = list(dict.fromkeys(getattr(shape, "label", "") for shape in shapes))
    for shape, text in zip(shapes, texts, strict=True):
        colour = COLOURS[kinds.index(getattr(shape, "label", "")) % len(COLOURS)]
        pen.polygon(shape.outline, outline=colour, width=max(2, size // 7))
        if text:
            _caption(pen, shape.outline, text, colour, letters)
    return np.array(picture)


def _caption(
    pen: ImageDraw.ImageDraw, outline: tuple[Point, ...], text: str, colour: str, letters: ImageFont.FreeTypeFont
) -> None:
    """Write white on a plate of the outline's colour: above the shape where there is room, else within its top."""
    left, top = min(x for x, _ in outline), min(y for _, y in outline)
    width, height = pen.textlength(text, font=letters) + 6, sum(letters.getmetrics()) + 2
    left = max(0, min(left, pen.im.size[0] - width))
    above = top - height if top >= height else top
    pen.rectangle((left, above, left + width, above + height), fill=colour)
    pen.text((left + 3, above + 1), text, fill="white", font=letters)


def _font(path: str | Path | None, size: int) -> ImageFont.FreeTypeFont:
    try:
        font = ImageFont.load_default(size) if path is None else ImageFont.truetype(str(path), size)
    except OSError as error:
        raise BadInput(f"cannot read font {path} ({error}); give a TrueType or OpenType file") from None
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise BadInput("this Pillow was built without FreeType and cannot draw text; install Pillow's own wheel")
    return font
