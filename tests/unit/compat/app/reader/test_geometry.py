from typing import Any

import cv2
import numpy as np
import pytest

from serving_kit.compat.app.reader import CenterCrop, PadStride, Resize, ResizeByFactor, Transpose
from serving_kit.errors import BadInput


def picture(height: int, width: int) -> Any:
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        ((256,), (256, 512)),  # the short side
        ((256, 300), (150, 300)),  # the long side may not exceed 300
        (((20, 10),), (10, 20)),  # (width, height)
        (((20, 10), 15), (10, 15)),
        ((33,), (33, 66)),
    ],
)
def test_resize_takes_a_short_side_or_a_size(arguments: tuple[Any, ...], shape: tuple[int, int]) -> None:
    assert Resize(*arguments)(picture(100, 200)).shape == (*shape, 3)


def test_resize_is_bilinear_unless_told_otherwise() -> None:
    row = np.array([[[0, 0, 0], [100, 100, 100]]], dtype=np.uint8)
    assert Resize((4, 1))(row)[0, :, 0].tolist() == [0, 25, 75, 100]
    assert Resize((1, 1), interpolation=cv2.INTER_AREA)(row)[0, :, 0].tolist() == [50]
    assert Resize((4, 1), interpolation=cv2.INTER_LANCZOS4)(row)[0, :, 0].tolist() != [0, 25, 75, 100]


def test_the_middle_is_kept_an_odd_pixel_stays_right_and_below() -> None:
    image = picture(5, 6)
    assert np.array_equal(CenterCrop(2)(image), image[1:3, 2:4])
    with pytest.raises(BadInput, match="6 x 5 pixels has no middle of 6"):
        CenterCrop(6)(image)


def test_axes_change_places() -> None:
    image = picture(2, 3)
    assert np.array_equal(Transpose((2, 0, 1))(image)[1], image[:, :, 1])


@pytest.mark.parametrize(
    ("size", "arguments", "shape"),
    [
        ((64, 96), (), (64, 96)),  # multiples stay
        ((100, 130), (), (64, 96)),  # 100 // 32 - 1 = 2, 130 // 32 - 1 = 3: one step more than down
        ((40, 20), (), (32, 32)),  # never less than the factor
        ((200, 100), (32, 100), (64, 32)),  # first to 100 x 50
        ((100, 200), (32, 100), (32, 64)),
        ((64, 48), (16,), (64, 48)),
    ],
)
def test_sides_become_multiples_of_the_factor(
    size: tuple[int, int], arguments: tuple[int, ...], shape: tuple[int, int]
) -> None:
    assert ResizeByFactor(*arguments)(picture(*size)).shape[:2] == shape


def test_zeros_fill_up_to_the_stride() -> None:
    planes = np.ones((2, 3, 5), dtype=np.uint8)
    padded = PadStride(4)(planes)
    assert (padded.shape, padded.dtype) == ((2, 4, 8), np.float32)
    assert padded[:, :3, :5].min() == 1
    assert padded.sum() == planes.sum()
    assert PadStride(0)(planes) is planes
