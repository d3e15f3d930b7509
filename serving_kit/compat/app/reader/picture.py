"""Where images come from: files, addresses and text, decoded by OpenCV to BGR uint8 [H, W, 3]."""

import base64
import binascii
import tempfile
from pathlib import Path

import cv2
import numpy as np

from serving_kit.errors import BadInput, NotFound
from serving_kit.fetch.http import download
from serving_kit.tasks.pixels import Image

_LARGEST_BYTES = 64 << 20


def decode(data: bytes, name: str) -> Image:
    """Return an image file's content as BGR uint8 [H, W, 3]; BadInput, with the name, for what is no image."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise BadInput(f"{name} is no image that OpenCV reads; give a PNG, JPEG, BMP or WebP file")
    return image.astype(np.uint8, copy=False)


class File2Image:
    """A path becomes the image in that file."""

    def __call__(self, img_path: str | Path) -> Image:
        """Return BGR uint8 [H, W, 3]; NotFound where there is no such file."""
        if not Path(img_path).is_file():
            raise NotFound(f"no image file {img_path}")
        return decode(Path(img_path).read_bytes(), str(img_path))


class URL2Image:
    """An http or https address becomes the image behind it."""

    def __call__(self, img_url: str) -> Image:
        """Return BGR uint8 [H, W, 3]; errors of `serving_kit.fetch.http.download`, and TooLarge above 64 MiB."""
        with tempfile.TemporaryDirectory(prefix="serving-kit-") as folder:
            path = Path(folder, "image")
            download(img_url, path, limit_bytes=_LARGEST_BYTES)
            return decode(path.read_bytes(), img_url)


class Base64ToImage:
    """Base64 text becomes the image it holds."""

    def __call__(self, img_base64: str | bytes) -> Image:
        """Return BGR uint8 [H, W, 3]; BadInput for text that is no base64."""
        try:
            data = base64.b64decode(img_base64)
        except binascii.Error as error:
            raise BadInput(f"the image is no base64 ({error}); encode the file's bytes") from None
        return decode(data, "the base64 text")


class String2Image:
    """The bytes of an image file become the image."""

    def __call__(self, img_buffer: bytes) -> Image:
        """Return BGR uint8 [H, W, 3]."""
        return decode(img_buffer, f"what was given, {len(img_buffer)} bytes,")
