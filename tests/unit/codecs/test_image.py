from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow

from serving_kit.codecs.image import decode, encode, read
from serving_kit.errors import BadInput, NotFound, TooLarge


def file_of(picture: Pillow.Image, kind: str = "png", **options) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


@pytest.fixture
def colours():
    return np.arange(60, dtype=np.uint8).reshape(4, 5, 3) * 4


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff"])
def test_lossless_kinds_come_back_as_they_were(colours, kind):
    back = decode(encode(colours, kind))
    assert back.dtype == np.uint8
    assert (back == colours).all()
    back[0, 0] = 1  # writable


def test_jpeg_comes_back_nearly(colours):
    plain = np.full((16, 16, 3), (200, 30, 60), np.uint8)
    assert np.abs(decode(encode(plain, "jpg", quality=95)).astype(int) - plain).max() < 8


def test_every_kind_of_pixel_becomes_rgb():
    grey = decode(file_of(Pillow.new("L", (2, 3), 77)))
    assert grey.shape == (3, 2, 3)
    assert (grey == 77).all()
    deep = np.full((2, 2), 0x8080, np.uint16)
    assert (decode(file_of(Pillow.fromarray(deep))) == 0x80).all()
    clear = decode(file_of(Pillow.new("RGBA", (2, 2), (255, 0, 0, 0))))
    assert (clear == 255).all()  # transparent is white, not whatever colour hides there


def test_a_photo_is_turned_as_its_camera_says():
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    picture = Pillow.new("RGB", (4, 2))
    assert decode(file_of(picture, "jpeg", exif=exif)).shape == (4, 2, 3)


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", "0 bytes"), (b"not an image", "the 12 bytes are not an image"), (b"\x89PNG\r\n\x1a\n", "are not an image")],
)
def test_what_is_no_image_is_refused(data, text):
    with pytest.raises(BadInput, match=text):
        decode(data)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_file_that_breaks_off_is_refused(kind):
    data = file_of(Pillow.effect_noise((64, 64), 50), kind)
    with pytest.raises(BadInput, match="damaged"):
        decode(data[: len(data) // 2])


def test_too_many_pixels_are_refused_before_they_are_unpacked():
    with pytest.raises(TooLarge, match="20 x 10 pixels; at most 100"):
        decode(file_of(Pillow.new("L", (20, 10))), most_pixels=100)
    with pytest.raises(TooLarge, match="far too many pixels"):
        decode(file_of(Pillow.new("1", (20_000, 20_000))))


def test_a_path_is_named_in_every_error(tmp_path, colours):
    path = tmp_path / "photo.png"
    with pytest.raises(NotFound, match=r"photo\.png"):
        read(path)
    path.write_bytes(b"x")
    with pytest.raises(BadInput, match=r"photo\.png: the 1 bytes"):
        read(path)
    path.write_bytes(encode(colours))
    assert (read(path) == colours).all()


def test_only_rgb_can_be_encoded_and_only_as_a_known_kind(colours):
    with pytest.raises(BadInput, match=r"float64 \[4, 5, 3\]"):
        encode(colours.astype(float))
    with pytest.raises(BadInput, match="no image format 'psd9'"):
        encode(colours, "psd9")
