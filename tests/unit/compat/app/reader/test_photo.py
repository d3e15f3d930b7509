import cv2
import numpy as np
import pytest

from serving_kit.compat.app.reader import ImageReader
from serving_kit.errors import BadInput, Unsupported


def test_bytes_become_what_a_classifier_takes() -> None:
    red = cv2.imencode(".png", np.full((300, 600, 3), (0, 0, 255), dtype=np.uint8))[1].tobytes()
    planes = ImageReader().process_image(red)
    assert (planes.shape, planes.dtype) == ((3, 224, 224), np.float32)
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    assert planes[:, 100, 100].tolist() == pytest.approx(expected, abs=1e-6)


def test_size_mean_and_deviation_are_the_callers() -> None:
    half = cv2.imencode(".png", np.full((40, 80, 3), 51, dtype=np.uint8))[1].tobytes()
    planes = ImageReader([3, 16, 16], [0, 0, 0], [0.1, 0.1, 0.1], 20).process_image(half)
    assert planes.shape == (3, 16, 16)
    assert planes.ravel().tolist() == pytest.approx([2.0] * 768)
    assert ImageReader([3, 0, 0]).process_image(half).shape == (3, 40, 80)


def test_what_is_no_image_and_what_is_for_training_is_refused() -> None:
    with pytest.raises(BadInput, match="the sample of 3 bytes is no image"):
        ImageReader().process_image(b"abc")
    with pytest.raises(Unsupported, match="crops at random"):
        ImageReader(crop_center=False)
