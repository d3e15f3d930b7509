from typing import Any

import numpy as np
import pytest

from serving_kit.compat.app.reader import DBPostProcess, FilterBoxes, GetRotateCropImage, SortedBoxes

PARAMETERS = {"thresh": 0.3, "box_thresh": 0.5, "max_candidates": 1000, "unclip_ratio": 1.5, "min_size": 3}


def square(left: float, top: float, width: float, height: float) -> Any:
    corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height]]
    return np.array(corners, dtype=np.float32)


def text_map(value: float = 0.9) -> Any:
    found = np.zeros((1, 1, 60, 100), dtype=np.float32)
    found[0, 0, 20:31, 30:71] = value  # a rectangle from (30, 20) to (70, 30)
    return found


def test_a_box_grows_by_area_times_ratio_over_perimeter() -> None:
    # 40 x 10 pixels grow by 400 * 1.5 / 100 = 6 on each side.
    (boxes,) = DBPostProcess(PARAMETERS)(text_map(), [(1.0, 1.0)])
    assert boxes.dtype == np.int16
    assert boxes.tolist() == [[[24, 14], [76, 14], [76, 36], [24, 36]]]


def test_boxes_are_in_pixels_of_the_original() -> None:
    (boxes,) = DBPostProcess(PARAMETERS)(text_map(), [(0.5, 0.25)])  # (vertical, horizontal)
    assert boxes.tolist() == [[[96, 28], [304, 28], [304, 72], [96, 72]]]


@pytest.mark.parametrize("change", [{"box_thresh": 0.95}, {"thresh": 0.95}, {"max_candidates": 0}])
def test_what_is_not_sure_enough_is_dropped(change: dict[str, float]) -> None:
    (boxes,) = DBPostProcess(PARAMETERS | change)(text_map(), [(1.0, 1.0)])
    assert boxes.shape == (0, 4, 2)


def test_specks_are_dropped_and_edges_kept_inside() -> None:
    found = np.zeros((1, 1, 60, 100), dtype=np.float32)
    found[0, 0, 5:7, 5:7] = 0.9
    found[0, 0, 0:20, 60:100] = 0.9
    (boxes,) = DBPostProcess(PARAMETERS)(found, [(1.0, 1.0)])
    assert len(boxes) == 1
    assert (boxes[0].min(), boxes[0][:, 0].max()) == (0, 100)


def test_narrow_boxes_are_dropped_and_the_others_put_in_order() -> None:
    shuffled = square(10, 10, 50, 20)[[2, 3, 0, 1]]
    kept = FilterBoxes(10, 10)([square(0, 0, 10, 50), shuffled, square(0, 0, 50, 10)], (100, 100, 3))
    assert kept.dtype == np.float32
    assert kept.tolist() == [square(10, 10, 50, 20).tolist()]
    outside = FilterBoxes(10, 10)([square(-5, 2.9, 500, 300)], (100, 200, 3))
    assert outside[0].tolist() == [[0, 2], [199, 2], [199, 99], [0, 99]]


def test_boxes_are_sorted_line_by_line() -> None:
    right, left, below = square(50, 10, 9, 9), square(0, 19, 9, 9), square(0, 40, 9, 9)
    found = SortedBoxes()(np.array([below, right, left]))
    assert [box[0].tolist() for box in found] == [[0, 19], [50, 10], [0, 40]]


def test_a_line_is_cut_out_as_it_stands() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8)
    points = square(20, 10, 40, 15)
    assert np.array_equal(GetRotateCropImage()(image, points), image[10:25, 20:60])
    assert points.tolist() == square(20, 10, 40, 15).tolist(), "the caller's corners stay as they are"


def test_a_tall_line_is_turned_counter_clockwise() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8)
    assert np.array_equal(GetRotateCropImage()(image, square(20, 10, 20, 30)), np.rot90(image[10:40, 20:40]))
    assert GetRotateCropImage()(image, square(20, 10, 21, 30)).shape == (30, 21, 3)
