"""Photos made small, whose large originals are known."""

from pathlib import Path

from PIL import Image


def halved(photo: Path) -> Image.Image:
    """Return a photo with half its pixels a side, bicubic and without aliasing, as Pillow makes it."""
    with Image.open(photo) as opened:
        return opened.convert("RGB").resize((opened.width // 2, opened.height // 2), Image.Resampling.BICUBIC)
