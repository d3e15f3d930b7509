"""Images drawn by code: what a detector or reader must find in them is known to the letter."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

LINES = ("百度飞桨深度学习平台", "文字检测、方向与识别", "Serving Kit 2026", "价格：¥1,299.00元")
PAPER, INK = (250, 250, 245), (25, 25, 45)


def chinese_lines(font: Path) -> Image.Image:
    """Return four lines of Chinese and Latin text, 720 x 300, one below the other."""
    image = Image.new("RGB", (720, 300), PAPER)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(LINES):
        draw.text((40, 24 + 66 * number), line, font=ImageFont.truetype(font, 36), fill=INK)
    return image


def chinese_line(font: Path) -> Image.Image:
    """Return the first of the lines, alone, 400 x 60."""
    image = Image.new("RGB", (400, 60), PAPER)
    ImageDraw.Draw(image).text((18, 2), LINES[0], font=ImageFont.truetype(font, 36), fill=INK)
    return image


def chinese_line_upside_down(font: Path) -> Image.Image:
    """Return the same line turned by 180 degrees."""
    return chinese_line(font).rotate(180)


def document_page(font: Path, photo: Path) -> Image.Image:
    """Return a report page, 800 x 1000: title, text, figure with its caption, a table's caption and the table."""
    page = Image.new("RGB", (800, 1000), "white")
    draw = ImageDraw.Draw(page)
    _centred(draw, 40, "深度学习模型部署报告", ImageFont.truetype(font, 36))
    sentence = "本文说明怎样把训练好的模型变成一个网络服务，怎样向它提问，并在两个处理器核上测量每次请求的时间。"
    for number in range(7):
        start = number * 11 % len(sentence)
        draw.text(
            (60, 125 + 32 * number), (sentence * 3)[start : start + 34], font=ImageFont.truetype(font, 20), fill="black"
        )
    with Image.open(photo) as opened:
        page.paste(ImageOps.fit(opened.convert("RGB"), (400, 240)), (200, 390))
    _centred(draw, 640, "图1  一杯咖啡", ImageFont.truetype(font, 18))
    _centred(draw, 690, "表1  三种水果的数量与单价", ImageFont.truetype(font, 18))
    _table(draw, font, (120, 725))
    return page


def _centred(draw: ImageDraw.ImageDraw, top: int, text: str, font: ImageFont.FreeTypeFont) -> None:
    draw.text((400, top), text, font=font, fill="black", anchor="ma")


def _table(draw: ImageDraw.ImageDraw, font: Path, corner: tuple[int, int]) -> None:
    rows = (("产品", "数量", "单价"), ("苹果", "12", "3.50"), ("香蕉", "8", "2.20"), ("橙子", "20", "4.10"))
    width, height = 186, 46
    left, top = corner
    for number in range(5):
        draw.line((left, top + number * height, left + 3 * width, top + number * height), fill="black", width=2)
    for number in range(4):
        draw.line((left + number * width, top, left + number * width, top + 4 * height), fill="black", width=2)
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            place = (left + (x + 0.5) * width, top + (y + 0.5) * height)
            draw.text(place, text, font=ImageFont.truetype(font, 22), fill="black", anchor="mm")
