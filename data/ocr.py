"""Pages and lines drawn for detectors and readers of text: every letter and every corner is known."""

from collections.abc import Sequence
from math import cos, radians, sin
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

INK = (30, 30, 40)
BILL = (("红烧牛肉面", "38.00"), ("清炒时蔬", "22.00"), ("Iced tea", "9.50"), ("Rice", "3.00"))


def bill(font: Path) -> Image.Image:
    """Return a restaurant's bill, 560 x 480: a heading, four dishes at the left, their prices at the right, the sum."""
    paper = Image.new("RGB", (560, 480), (252, 252, 248))
    pen = ImageDraw.Draw(paper)
    pen.text((280, 50), "小城餐馆", font=ImageFont.truetype(font, 40), fill=INK, anchor="mm")
    for number, (dish, price) in enumerate((*BILL, ("合计", "72.50"))):
        size = 32 if dish == "合计" else 26
        height = 130 + 62 * number + (30 if dish == "合计" else 0)
        pen.text((50, height), dish, font=ImageFont.truetype(font, size), fill=INK, anchor="lm")
        pen.text((510, height), price, font=ImageFont.truetype(font, size), fill=INK, anchor="rm")
    pen.line((50, 370, 510, 370), fill=INK, width=2)
    return paper


def wall_notice(font: Path, wall: Path) -> Image.Image:
    """Return two lines of white paint on a brick wall, 640 x 640."""
    with Image.open(wall) as opened:
        bricks = opened.convert("RGB").resize((640, 640))
    pen = ImageDraw.Draw(bricks)
    pen.text((320, 250), "消防通道", font=ImageFont.truetype(font, 96), fill=(245, 245, 240), anchor="mm")
    pen.text((320, 380), "KEEP CLEAR", font=ImageFont.truetype(font, 64), fill=(245, 245, 240), anchor="mm")
    return bricks


def sale_poster(font: Path) -> Image.Image:
    """Return a poster, 720 x 900, with five lines of letters from 110 down to 16 pixels."""
    poster = Image.new("RGB", (720, 900), (190, 30, 45))
    pen = ImageDraw.Draw(poster)
    lines = (("周末大促", 110, 150), ("50% OFF", 90, 320), ("全场图书音像", 56, 480), ("Saturday and Sunday", 32, 600))
    for text, size, height in (*lines, ("最终解释权归本店所有", 16, 840)):
        pen.text((360, height), text, font=ImageFont.truetype(font, size), fill="white", anchor="mm")
    return poster


def tilted_label(font: Path, angle_deg: float = 30) -> Image.Image:
    """Return a parcel's label of four lines, turned counter-clockwise by `angle_deg` on a grey table, 900 x 900."""
    label = Image.new("RGBA", (560, 330), (255, 255, 252, 255))
    pen = ImageDraw.Draw(label)
    lines = (("收件人：王小明", 40), ("上海市浦东新区张江路88号", 32), ("Tel. 021-5555 0137", 32), ("FRAGILE", 44))
    for number, (text, size) in enumerate(lines):
        pen.text((40, 50 + 76 * number), text, font=ImageFont.truetype(font, size), fill=INK, anchor="lm")
    table = Image.new("RGB", (900, 900), (150, 150, 145))
    turned = label.rotate(angle_deg, expand=True, resample=Image.Resampling.BICUBIC)
    table.paste(turned, ((900 - turned.width) // 2, (900 - turned.height) // 2), turned)
    return table


def invoice_line(font: Path) -> Image.Image:
    """Return a line with a number and a price, cut with a fifth of the letters' height around it."""
    return line("合计人民币：￥12,499.00元", font)


def japanese_line(font: Path) -> Image.Image:
    """Return a line of Japanese: kanji, hiragana and katakana."""
    return line("東京タワーの入場券を2枚ください", font)


def polish_line(font: Path) -> Image.Image:
    """Return a line of Polish that uses all nine letters which Polish adds to the Latin alphabet."""
    return line("Zażółć gęślą jaźń, Łódź 2026", font)


def line(text: str, font: Path, size_px: int = 36) -> Image.Image:
    """Return dark text on white, with a fifth of the letters' size around its ink."""
    letters, margin = ImageFont.truetype(font, size_px), size_px // 5
    left, top, right, bottom = letters.getbbox(text)
    paper = Image.new("RGB", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin), "white")
    ImageDraw.Draw(paper).text((margin - left, margin - top), text, font=letters, fill=INK)
    return paper


def apart(words: Sequence[str], gap_px: int, size_px: int, font: Path) -> Image.Image:
    """Return words on a white strip, 512 x 128, with a gap between them."""
    strip, letters, left = Image.new("RGB", (512, 128), "white"), ImageFont.truetype(font, size_px), 20.0
    for word in words:
        ImageDraw.Draw(strip).text((left, 64), word, font=letters, fill="black", anchor="lm")
        left += letters.getlength(word) + gap_px
    return strip


def seal(font: Path) -> Image.Image:
    """Return a round company seal, 480 x 480: ten characters along the rim, five in a row below the middle."""
    red, paper = (200, 0, 0), Image.new("RGB", (480, 480), "white")
    pen = ImageDraw.Draw(paper)
    pen.ellipse((40, 40, 440, 440), outline=red, width=6)
    for number, character in enumerate("上海星辰科技有限公司"):
        angle_deg = -115 + number * 230 / 9
        tile = Image.new("RGBA", (60, 60))
        ImageDraw.Draw(tile).text((30, 30), character, font=ImageFont.truetype(font, 40), fill=red, anchor="mm")
        turned = tile.rotate(-angle_deg, resample=Image.Resampling.BICUBIC)
        x, y = 240 + 150 * sin(radians(angle_deg)), 240 - 150 * cos(radians(angle_deg))
        paper.paste(turned, (round(x) - 30, round(y) - 30), turned)
    pen.text((240, 330), "合同专用章", font=ImageFont.truetype(font, 34), fill=red, anchor="mm")
    return paper
