"""Faces that are not quite the photo: the same person, as another picture might have it."""

from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter, ImageOps


def altered(face: Path) -> Image.Image:
    """Return a face mirrored, darker and a little out of focus."""
    with Image.open(face) as opened:
        mirrored = ImageOps.mirror(opened.convert("RGB"))
    return ImageEnhance.Brightness(mirrored).enhance(0.6).filter(ImageFilter.GaussianBlur(1.5))
