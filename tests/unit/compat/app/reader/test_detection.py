from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from serving_kit.compat.app import reader
from serving_kit.compat.app.reader import DetectionResize, DetectionSequential
from serving_kit.errors import BadInput


def picture(height: int, width: int) -> Any:
    return np.zeros((height, width, 3), dtype=np.uint8)


def test_the_chain_of_the_old_detection_clients(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    path.write_bytes(cv2.imencode(".png", np.full((20, 40, 3), (0, 0, 255), dtype=np.uint8))[1].tobytes())
    steps = [
        reader.DetectionFile2Image(),
        reader.DetectionNormalize([0.5, 0.5, 0.5], [0.5, 0.5, 0.5], True),
        reader.DetectionResize((30, 90), True),
        reader.DetectionTranspose((2, 0, 1)),
        reader.DetectionPadStride(32),
    ]
    planes, info = DetectionSequential(steps)(str(path))
    assert (planes.shape, planes.dtype) == ((3, 32, 64), np.float32)
    assert planes[:, 10, 10].tolist() == [1, -1, -1], "RGB"
    assert planes[:, 31, 63].tolist() == [0, 0, 0], "filled up"
    assert info["im_shape"].tolist() == [30, 60]
    assert info["scale_factor"].tolist() == [1.5, 1.5]


@pytest.mark.parametrize(
    ("target", "keep_ratio", "factors"),
    [
        ((800, 2000), True, (8.0, 8.0)),  # the short side to 800
        ((800, 1000), True, (5.0, 5.0)),  # the long side stops at 1000
        (400, True, (2.0, 2.0)),
        ((300, 400), False, (3.0, 2.0)),  # (height, width)
        (200, False, (2.0, 1.0)),
    ],
)
def test_sizes_with_and_without_proportions(
    target: int | tuple[int, int], keep_ratio: bool, factors: tuple[float, float]
) -> None:
    image, info = DetectionResize(target, keep_ratio)(picture(100, 200), {})
    assert info is not None
    assert tuple(info["scale_factor"].tolist()) == factors
    assert image.shape[:2] == (100 * factors[0], 200 * factors[1])
    assert info["im_shape"].tolist() == list(image.shape[:2])


def test_transforms_work_without_anything_known_too() -> None:
    image = np.full((2, 2, 3), 10, dtype=np.uint8)
    assert reader.DetectionDiv(5)(image) == (pytest.approx(np.full((2, 2, 3), 2.0)), None)
    plain, _ = reader.DetectionNormalize([5, 5, 5], [1, 1, 1], is_scale=False)(image)
    assert plain.ravel().tolist() == [5.0] * 12
    assert DetectionResize(4)(image)[1] is None
    assert reader.DetectionBGR2RGB()(np.array([[[1, 2, 3]]]))[0].tolist() == [[[3, 2, 1]]]
    assert reader.DetectionPadStride()(image)[0] is image


@pytest.mark.parametrize("target", [0, (1, 2, 3), (5, -1)])
def test_a_size_that_is_none_is_refused(target: Any) -> None:
    with pytest.raises(BadInput, match="is no size"):
        DetectionResize(target)
