import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.layout_detection import suppress, to_corners

BINS = 8


def distances(cells: int, **sides: tuple[int, int, int, int]) -> np.ndarray:
    """A head whose cell `c<n>` says for sure how many strides away its left, top, right and bottom are."""
    head = np.zeros((cells, 4, BINS), np.float32)
    for cell, values in sides.items():
        head[int(cell[1:]), np.arange(4), values] = 50
    return head.reshape(cells, 4 * BINS)


def test_distances_are_means_of_distributions_in_strides():
    corners = to_corners(distances(6, c4=(1, 0, 2, 1)).astype(np.float64), columns=3, stride=8)
    assert corners[4].tolist() == pytest.approx([12 - 8, 12, 12 + 16, 12 + 8])
    assert corners[0].tolist() == pytest.approx([4 - 3.5 * 8, 4 - 3.5 * 8, 4 + 3.5 * 8, 4 + 3.5 * 8])  # nothing known


def test_of_boxes_that_overlap_the_best_stays():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [40, 0, 50, 10]], np.float64)
    assert suppress(boxes, np.array([0.6, 0.9, 0.7, 0.1]), least_score=0.4, overlap=0.5) == [1, 2]
    assert suppress(boxes, np.zeros(4), least_score=0.4, overlap=0.5) == []


@pytest.fixture
def task(make):
    return make(
        "layout-detection",
        files={"labels.txt": "text\nfigure\n"},
        labels="labels.txt",
        outputs=("scores8", "scores16", "boxes8", "boxes16"),
        preprocess={"width_px": 24, "height_px": 16},
        postprocess={"strides_px": [8, 16]},
    )


@pytest.fixture
def outputs():
    scores = {"scores8": np.zeros((1, 6, 2), np.float32), "scores16": np.zeros((1, 2, 2), np.float32)}
    scores["scores8"][0, 4, 1] = 0.9
    scores["scores16"][0, 1, 0] = 0.6
    return {**scores, "boxes8": distances(6, c4=(1, 1, 1, 0))[None], "boxes16": distances(2, c1=(0, 0, 3, 1))[None]}


def test_regions_come_back_in_pixels_of_the_sample_the_best_first(task, outputs):
    prepared = task.preprocess(np.zeros((32, 72, 3), np.uint8))
    assert prepared.feeds["x"].shape == (1, 3, 16, 24)
    figure, text = task.postprocess(outputs, prepared)
    assert (figure.label, round(figure.score, 2), figure.box) == ("figure", 0.9, (12, 8, 60, 24))
    assert (text.label, text.box) == ("text", (72, 16, 72, 32))  # clipped to the sample


def test_outputs_of_another_model_are_refused(task, outputs):
    prepared = task.preprocess(np.zeros((32, 72, 3), np.uint8))
    missing = {alias: array for alias, array in outputs.items() if alias != "boxes16"}
    with pytest.raises(BadInput, match="2 strides give 4 of rank 3"):
        task.postprocess(missing, prepared)
    with pytest.raises(BadInput, match="5 cells at stride 8; 3 x 2 were expected"):
        task.postprocess({**outputs, "boxes8": outputs["boxes8"][:, :5]}, prepared)
    with pytest.raises(BadInput, match=r"shape \[8, 3\]; there are 8 boxes and 2 labels"):
        task.postprocess({**outputs, "scores8": np.zeros((1, 6, 3)), "scores16": np.zeros((1, 2, 3))}, prepared)
