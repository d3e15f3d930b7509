import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.face_detection import anchors, decode, fit

POINTS = 6


@pytest.fixture
def task(make):
    return make(
        "face-detection",
        outputs=("scores_16", "scores_32", "boxes_16", "boxes_32"),
        preprocess={"size_px": 64, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
        postprocess={"strides_px": [16, 32], "anchors": [2, 6]},
    )


@pytest.fixture
def outputs():
    """Nothing found: 32 anchors at stride 16, 24 at stride 32."""
    return {
        "scores_16": np.full((1, 32, 1), -9, np.float32),
        "scores_32": np.full((1, 24, 1), -9, np.float32),
        "boxes_16": np.zeros((1, 32, 4 + 2 * POINTS), np.float32),
        "boxes_32": np.zeros((1, 24, 4 + 2 * POINTS), np.float32),
    }


def test_anchors_stand_in_the_middles_of_cells_row_by_row():
    assert anchors(64, 32, 2).tolist() == [
        [16, 16],
        [16, 16],
        [48, 16],
        [48, 16],
        [16, 48],
        [16, 48],
        [48, 48],
        [48, 48],
    ]


def test_answers_are_offsets_from_their_anchor():
    boxes, points = decode(np.array([[2.0, -2, 10, 20, 1, 1, -3, 5]]), np.array([[16.0, 48]]))
    assert boxes.tolist() == [[13, 36, 23, 56]]
    assert points.tolist() == [[[17, 49], [13, 53]]]


def test_a_wide_picture_keeps_its_proportions_with_black_below():
    square, scale = fit(np.full((50, 100, 3), 200, np.uint8), 64)
    assert square.shape == (64, 64, 3) and scale == pytest.approx(100 / 64)
    assert square[31, 63].tolist() == [200] * 3 and not square[32:].any()


def test_faces_come_back_in_pixels_of_the_sample_the_best_first(task, outputs):
    prepared = task.preprocess(np.zeros((128, 64, 3), np.uint8))
    assert prepared.feeds["x"].shape == (1, 64, 64, 3)
    assert prepared.feeds["x"].min() == -1
    outputs["scores_32"][0, 6] = 0.5  # the second cell of stride 32, middle (48, 16)
    outputs["boxes_32"][0, 6, :6] = (0, 0, 20, 20, 4, 0)
    outputs["scores_16"][0, 0] = 5  # the first of stride 16, middle (8, 8)
    outputs["boxes_16"][0, 0, :4] = (0, 0, 10, 12)
    first, second = task.postprocess(outputs, prepared)
    assert first.box == (6, 4, 26, 28)
    assert second.box == (64, 12, 64, 52), "cut at the sample's edge"
    assert second.score == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert dict(second.points)["right_eye"] == (104, 32)
    assert dict(second.points)["left_ear"] == (96, 32)


def test_of_two_boxes_around_one_face_the_better_stays(task, outputs):
    outputs["scores_16"][0, :2] = [[1], [2]]
    outputs["boxes_16"][0, :2, :4] = [(0, 0, 10, 10), (1, 0, 10, 10)]
    (face,) = task.postprocess(outputs, task.preprocess(np.zeros((64, 64, 3), np.uint8)))
    assert face.box == (4, 3, 14, 13)


def test_an_answer_of_another_model_is_refused(task, outputs):
    prepared = task.preprocess(np.zeros((64, 64, 3), np.uint8))
    with pytest.raises(BadInput, match="2 strides give 4 outputs of rank 3"):
        task.postprocess({"scores_16": outputs["scores_16"]}, prepared)
    outputs["boxes_32"] = outputs["boxes_32"][:, :23]
    with pytest.raises(BadInput, match="reads 56 anchors of 16 numbers"):
        task.postprocess(outputs, prepared)


def test_strides_and_anchors_go_together(make):
    with pytest.raises(BadInput, match="anchors has 1 numbers for 2 strides"):
        make("face-detection", postprocess={"anchors": [2]})
