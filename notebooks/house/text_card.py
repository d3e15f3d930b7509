"""A card with words on it, for models whose answer is no picture."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from serving_kit.tasks.drawing import COLOURS
from zoo import data

FONT = "noto-sans-sc"  # the answers are Chinese as well as English
MARGIN_PX = 10
TASK_PX = 9
SIZES_PX = (30, 26, 22, 19, 17, 15, 13, 12, 11, 10)
_SCALE = 4  # drawn larger, then made smaller: letters get smooth


def draw(words: str, task: str, size_px: tuple[int, int]) -> Image.Image:
    """Return the words, as large as they fit, under the name of the task on the task's colour."""
    width, height = (side * _SCALE for side in size_px)
    colour = COLOURS[sum(task.encode()) % len(COLOURS)]
    card = Image.new("RGB", (width, height), _tint(colour))
    pen, font = ImageDraw.Draw(card), data.path(FONT)
    margin = MARGIN_PX * _SCALE
    pen.rectangle((0, 0, 4 * _SCALE, height), fill=colour)
    heading = ImageFont.truetype(font, TASK_PX * _SCALE)
    pen.text((margin, margin * 0.6), task.replace("-", " "), font=heading, fill=colour)
    top = margin * 0.6 + TASK_PX * _SCALE * 1.6
    letters, lines = _fit(words, font, width - 2 * margin, height - top - margin * 0.5)
    step = sum(letters.getmetrics())
    y = top + max(0.0, (height - top - margin * 0.5 - step * len(lines)) / 2)
    for line in lines:
        pen.text((margin, y), line, font=letters, fill="#1c2430")
        y += step
    return card.resize(size_px, Image.Resampling.LANCZOS)


def _fit(words: str, font: Path, width: float, height: float) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """Return the largest letters in which the words fit, and the words in lines; the last lines go where none does."""
    for size in SIZES_PX:
        letters = ImageFont.truetype(font, size * _SCALE)
        lines = _wrap(words, letters, width)
        room = int(height // sum(letters.getmetrics()))
        if len(lines) <= room:
            return letters, lines
    return letters, [*lines[: room - 1], lines[room - 1][:-1] + "…"]


def _wrap(words: str, letters: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Return the words in lines; Chinese breaks anywhere, other scripts at spaces, a word too long where it must."""
    lines = [""]
    for piece in _pieces(words):
        for part in [piece] if letters.getlength(piece) <= width else piece:
            if letters.getlength((lines[-1] + part).strip()) > width and lines[-1]:
                lines.append("")
            lines[-1] = (lines[-1] + part).lstrip()
    return lines


def _pieces(words: str) -> list[str]:
    pieces = [""]
    for letter in " ".join(words.split()):
        if letter == " " or ord(letter) > 0x2E00:
            pieces += [letter, ""]
        else:
            pieces[-1] += letter
    return [piece for piece in pieces if piece]


def _tint(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return (255 - (255 - red) // 8, 255 - (255 - green) // 8, 255 - (255 - blue) // 8)
