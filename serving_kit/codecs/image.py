"""Image files to RGB arrays and back, by Pillow: whatever it reads, bounded in pixels, upright."""

from io import BytesIO
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from serving_kit.errors import BadInput, NotFound, TooLarge

Image: TypeAlias = NDArray[np.uint8]

MOST_PIXELS = 50_000_000  # a 50 megapixel camera; 150 MB as an array


def decode(data: bytes, *, most_pixels: int = MOST_PIXELS) -> Image:
    """Return the first frame of an image file as RGB uint8 [H, W, 3], turned as its EXIF orientation says.

    Transparency is laid on white; 16 bits a sample become 8. BadInput for bytes that are no image or break off,
    TooLarge for more pixels than allowed, which is found before they are unpacked.
    """
    if not data:
        raise BadInput("the image is empty: 0 bytes; give the content of an image file")
    try:
        with Pillow.open(BytesIO(data)) as picture:
            width, height = picture.size
            if width * height > most_pixels:
                raise TooLarge(
                    f"the image has {width} x {height} pixels; at most {most_pixels} are taken, scale it down"
                )
            return _to_rgb(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError:
        raise BadInput(
            f"the {len(data)} bytes are not an image; give a PNG, JPEG, WebP, BMP, TIFF or GIF file"
        ) from None
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        raise TooLarge(f"the image has far too many pixels; at most {most_pixels} are taken, scale it down") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise BadInput(f"the image is damaged ({error}); give a whole file") from None


def read(path: str | Path, *, most_pixels: int = MOST_PIXELS) -> Image:
    """Return an image file as RGB uint8 [H, W, 3]; errors of `decode`, with the path, and NotFound for no file."""
    path = Path(path)
    if not path.is_file():
        raise NotFound(f"no image file {path}")
    try:
        return decode(path.read_bytes(), most_pixels=most_pixels)
    except (BadInput, TooLarge) as error:
        raise type(error)(f"{path}: {error}") from None


def encode(image: Image, kind: str = "png", *, quality: int = 90) -> bytes:
    """Return RGB uint8 [H, W, 3] as an image file; `quality` 1..100 counts for JPEG and WebP."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise BadInput(f"the image is {image.dtype} {list(image.shape)}; give RGB uint8 [H, W, 3]")
    buffer = BytesIO()
    try:
        Pillow.fromarray(image).save(buffer, format={"jpg": "jpeg"}.get(kind.lower(), kind), quality=quality)
    except KeyError:
        raise BadInput(f"no image format {kind!r}; use png, jpeg or webp") from None
    return buffer.getvalue()


def _to_rgb(picture: Pillow.Image) -> Image:
    if picture.mode.startswith("I"):  # 16-bit grey: Pillow's own conversion would clip it to white
        picture = Pillow.fromarray((np.asarray(picture).clip(0, 0xFFFF) // 257).astype(np.uint8))
    if picture.has_transparency_data:
        layer = picture.convert("RGBA")
        picture = Pillow.alpha_composite(Pillow.new("RGBA", layer.size, "white"), layer)
    return np.array(picture.convert("RGB"))
