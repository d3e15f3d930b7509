import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import TextBox, crop
from serving_kit.tasks.polygon import clockwise, reading_order


def box(left: float, top: float, right: float, bottom: float) -> TextBox:
    return TextBox(((left, top), (right, top), (right, bottom), (left, bottom)), 1.0)


def test_corners_run_clockwise_from_the_top_left_whatever_their_order():
    corners = np.array([[10, 2], [0, 0], [9, 6], [-1, 4]], dtype=np.float32)
    for shift in range(4):
        ordered = clockwise(np.roll(corners, shift, axis=0))
        assert ordered.tolist() == [[0, 0], [10, 2], [9, 6], [-1, 4]]


def test_boxes_are_read_line_by_line_though_a_line_is_not_quite_level():
    first, second, third = box(10, 12, 40, 32), box(60, 8, 90, 28), box(5, 40, 50, 60)
    assert reading_order([third, second, first]) == [first, second, third]
    assert reading_order([]) == []


def test_a_crop_lays_a_turned_line_flat():
    image = np.full((100, 100, 3), 255, np.uint8)
    image[20:30, 40:80] = (200, 0, 0)
    image[20:30, 40:50] = (0, 0, 200)
    for _ in range(4):
        ys, xs = np.nonzero(image[:, :, 1] == 0)
        left, right, top, bottom = xs.min(), xs.max() + 1, ys.min(), ys.max() + 1
        cut = crop(image, [(left, top), (right, top), (right, bottom), (left, bottom)])
        assert cut.shape == (10, 40, 3)
        assert cut.dtype == np.uint8
        assert {tuple(cut[5, 2]), tuple(cut[5, 37])} == {(0, 0, 200), (200, 0, 0)}
        image = np.ascontiguousarray(np.rot90(image))


def test_a_tall_crop_turns_counter_clockwise():
    image = np.zeros((40, 10, 3), np.uint8)
    image[:5] = 255  # a line that runs downwards begins at the top
    assert crop(image, [(0, 0), (10, 0), (10, 40), (0, 40)])[5, 2].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "polygon", [[(0, 0), (1, 0), (1, 1)], [(0, 0), (1, 0), (1, 1), (np.nan, 1)], np.zeros((2, 4, 2))]
)
def test_a_polygon_that_has_not_four_corners_is_refused(polygon):
    with pytest.raises(BadInput, match="give four corners"):
        crop(np.zeros((4, 4, 3), np.uint8), polygon)
