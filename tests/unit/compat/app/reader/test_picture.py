import base64
from pathlib import Path

import cv2
import numpy as np
import pytest

from serving_kit.compat.app.reader import Base64ToImage, File2Image, String2Image, URL2Image
from serving_kit.errors import BadInput, NotFound
from tests.unit.fetch.server import Script, serve

BLUE = np.full((2, 3, 3), (255, 0, 0), dtype=np.uint8)  # as OpenCV orders channels
PNG = cv2.imencode(".png", BLUE)[1].tobytes()


def test_a_file_becomes_bgr(tmp_path: Path) -> None:
    (tmp_path / "blue.png").write_bytes(PNG)
    assert np.array_equal(File2Image()(str(tmp_path / "blue.png")), BLUE)


def test_bytes_and_base64_become_bgr() -> None:
    assert np.array_equal(String2Image()(PNG), BLUE)
    assert np.array_equal(Base64ToImage()(base64.b64encode(PNG).decode()), BLUE)


def test_an_address_becomes_bgr() -> None:
    with serve(Script(PNG)) as server:
        assert np.array_equal(URL2Image()(server.url), BLUE)


def test_an_address_without_an_image_is_named() -> None:
    with serve(Script(b"", acts=[404])) as server, pytest.raises(NotFound, match="answers 404"):
        URL2Image()(server.url)


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image", encoding="utf-8")
    with pytest.raises(BadInput, match=r"text\.png is no image that OpenCV reads"):
        File2Image()(str(tmp_path / "text.png"))
    with pytest.raises(NotFound, match=r"no image file nowhere\.png"):
        File2Image()("nowhere.png")
    with pytest.raises(BadInput, match="0 bytes, is no image"):
        String2Image()(b"")
    with pytest.raises(BadInput, match="is no base64"):
        Base64ToImage()("a")
