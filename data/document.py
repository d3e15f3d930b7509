"""Pages and tables drawn by code: which way up they are and where each cell stands is known."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from data.render import document_page

# Column, row, columns, rows, text: a header over three columns, another beside it over two rows.
QUARTERS = (
    (0, 0, 1, 2, "季度"),
    (1, 0, 3, 1, "收入（万元）"),
    (1, 1, 1, 1, "北京"),
    (2, 1, 1, 1, "上海"),
    (3, 1, 1, 1, "合计"),
    *((0, row, 1, 1, name) for row, name in enumerate(("一季度", "二季度", "三季度"), start=2)),
    *((1, row, 1, 1, number) for row, number in enumerate(("120", "134", "150"), start=2)),
    *((2, row, 1, 1, number) for row, number in enumerate(("95", "101", "99"), start=2)),
    *((3, row, 1, 1, number) for row, number in enumerate(("215", "235", "249"), start=2)),
)
_WIDTH, _HEIGHT, _MARGIN = 150, 45, 20  # of a cell, and around the table, in pixels


def page_on_its_side(font: Path, photo: Path) -> Image.Image:
    """Return the report page, 1000 x 800, as if its sheet had been turned a quarter clockwise."""
    return document_page(font, photo).transpose(Image.Transpose.ROTATE_270)


def quarters(font: Path) -> Image.Image:
    """Return a ruled table of five rows and four columns, 640 x 265, two of its header's cells merged."""
    return _table(font, ruled=True)


def quarters_without_rules(font: Path) -> Image.Image:
    """Return the same table without a line: white space alone parts its cells."""
    return _table(font, ruled=False)


def _table(font: Path, *, ruled: bool) -> Image.Image:
    image = Image.new("RGB", (4 * _WIDTH + 2 * _MARGIN, 5 * _HEIGHT + 2 * _MARGIN), "white")
    draw = ImageDraw.Draw(image)
    letters = ImageFont.truetype(font, 22)
    for column, row, columns, rows, text in QUARTERS:
        left, top = _MARGIN + column * _WIDTH, _MARGIN + row * _HEIGHT
        right, bottom = left + columns * _WIDTH, top + rows * _HEIGHT
        if ruled:
            draw.rectangle((left, top, right, bottom), outline="black", width=2)
        draw.text(((left + right) / 2, (top + bottom) / 2), text, font=letters, fill="black", anchor="mm")
    return image
