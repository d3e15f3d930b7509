"""Chinese number plates drawn by code, with made-up numbers.

Sizes in millimetres as GA 36-2018 has them for small cars: 440 x 140, characters 45 x 90, a dot after the second.
"""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

BLUE = (18, 60, 160)
_SIZE, _LETTER = (440, 140), (45, 90)
_LEFT, _GAP, _GAP_OF_DOT, _DOT_RADIUS = 15.5, 12, 34, 6
_ONE_WIDTH = 18  # a 1 is a bar; stretched to a letter's width it would be a block


def shanghai(font: Path) -> Image.Image:
    """Return a plate of Shanghai."""
    return _plate("沪B8K659", font)


def beijing(font: Path) -> Image.Image:
    """Return a plate of Beijing."""
    return _plate("京A12345", font)


def guangdong(font: Path) -> Image.Image:
    """Return a plate of Guangdong."""
    return _plate("粤C9D273", font)


def _plate(number: str, font: Path) -> Image.Image:
    plate = Image.new("RGB", _SIZE, BLUE)
    draw = ImageDraw.Draw(plate)
    draw.rounded_rectangle((6, 6, _SIZE[0] - 7, _SIZE[1] - 7), 14, outline="white", width=3)
    letters = ImageFont.truetype(font, 86)
    left = _LEFT
    for place, character in enumerate(number):
        shape = _filled(character, letters)
        plate.paste("white", (round(left + (_LETTER[0] - shape.width) / 2), 25), shape)
        left += _LETTER[0]
        if place == 1:
            middle = left + _GAP_OF_DOT / 2, _SIZE[1] / 2
            draw.ellipse((*(m - _DOT_RADIUS for m in middle), *(m + _DOT_RADIUS for m in middle)), fill="white")
        left += _GAP_OF_DOT if place == 1 else _GAP
    return plate


def _filled(character: str, letters: ImageFont.FreeTypeFont) -> Image.Image:
    """Return a character as a mask, stretched to the size that all of them have on a plate."""
    mask = Image.new("L", (140, 140))
    ImageDraw.Draw(mask).text((70, 70), character, font=letters, fill=255, anchor="mm")
    width = _ONE_WIDTH if character == "1" else _LETTER[0]
    return mask.crop(mask.getbbox()).resize((width, _LETTER[1]))
