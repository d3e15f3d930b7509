import cv2
import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.text_detection import After, find_boxes


@pytest.fixture
def probability():
    """Two lines on a map: one of 60 x 10 pixels at 0.9, one of 40 x 8 at 0.4."""
    drawn = np.zeros((96, 128), np.float32)
    drawn[20:31, 30:91] = 0.9
    drawn[60:69, 40:81] = 0.4
    return drawn


def test_a_box_is_the_rectangle_grown_by_its_area_over_its_perimeter(probability):
    (box,) = find_boxes(probability, After(unclip_ratio=1.5))
    distance = 60 * 10 * 1.5 / 140
    sides = [30 - distance, 20 - distance, 90 + distance, 30 + distance]
    assert box.score == pytest.approx(0.9)
    np.testing.assert_allclose([*box.polygon[0], *box.polygon[2]], sides, atol=0.06)
    assert find_boxes(probability, After(unclip_ratio=0))[0].polygon[0] == (30, 20)


def test_thresholds_decide_what_is_text(probability):
    assert len(find_boxes(probability, After(box_threshold=0.3))) == 2
    assert len(find_boxes(probability, After(box_threshold=0.3, threshold=0.5))) == 1
    assert find_boxes(probability, After(threshold=0.95)) == []
    assert len(find_boxes(probability, After(box_threshold=0.3, shortest_px=9))) == 1
    assert len(find_boxes(probability, After(box_threshold=0.3, most_boxes=1))) == 1


def test_a_turned_line_gives_a_turned_box():
    drawn = np.zeros((100, 100), np.float32)
    cv2.fillPoly(drawn, [cv2.boxPoints(((50, 50), (60, 10), 20)).astype(np.int32)], (1,))
    (box,) = find_boxes(drawn, After(unclip_ratio=0))
    (x0, y0), (x1, y1) = box.polygon[:2]
    assert np.degrees(np.arctan2(y1 - y0, x1 - x0)) == pytest.approx(20, abs=2)


def test_boxes_come_back_in_pixels_of_the_sample(make, probability):
    task = make("text-detection", preprocess={"shortest_px": 96, "longest_px": 128}, postprocess={"unclip_ratio": 0})
    prepared = task.preprocess(np.zeros((48, 64, 3), np.uint8))
    assert prepared.feeds["x"].shape == (1, 3, 96, 128)
    (box,) = task.postprocess({"y": probability[None, None]}, prepared)
    assert box.polygon == ((15, 10), (45, 10), (45, 15), (15, 15))


def test_a_box_at_the_edge_stays_inside_the_sample(make):
    task = make("text-detection", preprocess={"shortest_px": 0})
    prepared = task.preprocess(np.zeros((64, 64, 3), np.uint8))
    (box,) = task.postprocess({"y": np.ones((1, 1, 64, 64), np.float32)}, prepared)
    assert box.polygon == ((0, 0), (64, 0), (64, 64), (0, 64))


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 50), (736, 1472)), ((1000, 4000), (512, 2016)), ((5, 5000), (32, 2016))]
)
def test_sides_are_multiples_of_32_within_bounds(make, size, expected):
    height, width = size
    feed = make("text-detection").preprocess(np.zeros((height, width, 3), np.uint8)).feeds["x"]
    assert feed.shape[2:] in (expected, expected[::-1])


@pytest.mark.parametrize(
    "sample",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((8, 8, 3), np.float32),
        np.zeros((0, 8, 3), np.uint8),
        "photo.jpg",
    ],
    ids=["grey", "rgba", "float", "empty", "path"],
)
def test_what_is_no_rgb_image_is_refused(make, sample):
    with pytest.raises(BadInput, match="give an RGB image as"):
        make("text-detection").preprocess(sample)


@pytest.mark.parametrize("drawn", [np.zeros(4), np.zeros((4, 4), np.uint8), np.zeros((0, 4))])
def test_what_is_no_map_is_refused(drawn):
    with pytest.raises(BadInput, match=r"give probabilities \[H, W\]"):
        find_boxes(drawn)


def test_an_output_of_another_rank_is_refused(make):
    with pytest.raises(BadInput, match=r"output 'y' has shape \[4, 4\]; this task reads 4 dimensions"):
        make("text-detection").probability({"y": np.zeros((4, 4))})
