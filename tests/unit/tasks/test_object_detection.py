import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.object_detection import Placed

BINS, CLASSES = 4, 2


def heads(*found: tuple[int, int, float, tuple[int, int, int, int]]) -> dict[str, np.ndarray]:
    """Outputs of a 16-pixel model: `found` are (cell, class, score, distances in strides) of the finer grid, 2 x 2."""
    scores, boxes = np.zeros((1, 4, CLASSES), np.float32), np.zeros((1, 4, 4, BINS), np.float32)
    for cell, index, score, sides in found:
        scores[0, cell, index] = score
        boxes[0, cell, np.arange(4), sides] = 50
    coarse = np.zeros((1, 1, CLASSES), np.float32), np.zeros((1, 1, 4 * BINS), np.float32)
    return {"s8": scores, "s16": coarse[0], "b8": boxes.reshape(1, 4, 4 * BINS), "b16": coarse[1]}


@pytest.fixture
def task(make):
    def build(**before):
        return make(
            "object-detection",
            files={"labels.txt": "cup\ncat\n"},
            labels="labels.txt",
            outputs=("s8", "s16", "b8", "b16"),
            preprocess={"size_px": 16, **before},
            postprocess={"strides_px": [8, 16], "least_score": 0.4},
        )

    return build


def photo(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 3), (10, 20, 30), np.uint8)


def test_objects_are_labelled_and_the_best_comes_first(task):
    outputs = heads((3, 0, 0.5, (1, 1, 0, 0)), (0, 1, 0.9, (0, 0, 1, 1)), (1, 1, 0.3, (1, 1, 1, 1)))
    detector = task()
    found = detector.postprocess(outputs, detector.preprocess(photo(32, 16)))
    assert [(region.label, round(region.score, 2)) for region in found] == [("cat", 0.9), ("cup", 0.5)]
    assert [region.box for region in found] == [(8, 4, 24, 12), (8, 4, 24, 12)]  # twice as wide as it was asked


def test_of_one_class_what_overlaps_is_one_object(task):
    outputs = heads((0, 0, 0.9, (0, 0, 1, 1)), (3, 0, 0.8, (1, 1, 0, 0)), (1, 1, 0.7, (1, 0, 0, 1)))
    detector = task()
    assert [r.label for r in detector.postprocess(outputs, detector.preprocess(photo(16, 16)))] == ["cup", "cat"]


def test_proportions_are_kept_in_the_middle_of_a_black_square(task):
    detector = task(fit="centre", mean=[0, 0, 0], std=[1, 1, 1], order="bgr")
    prepared = detector.preprocess(photo(32, 16))
    blue = prepared.feeds["x"][0, 0]
    assert (blue[:4].max(), blue[12:].max()) == (0, 0)
    np.testing.assert_allclose(blue[4:12], 30 / 255, rtol=1e-6)
    (region,) = detector.postprocess(heads((0, 0, 0.9, (0, 0, 1, 1))), prepared)
    assert region.box == (8, 0, 24, 16)  # 4..12 of the square, of which 4..12 are the photo's rows


def test_places_are_turned_into_the_samples_and_cut_off_at_its_edges():
    placed = Placed((100, 50), (2.0, 2.0), (0, 10))
    assert placed.in_sample(np.array([[-3.0, 12, 20, 60]])).tolist() == [[0, 4, 40, 50]]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda outputs: outputs.pop("b16"), "scores and distances of \\[4, 1\\] cells were expected"),
        (lambda outputs: outputs.update(s8=outputs["s8"][0]), "the answer holds"),
        (lambda outputs: outputs.update(s8=np.zeros((1, 9, 2))), "the answer holds"),
        (
            lambda outputs: outputs.update(s8=np.zeros((1, 4, 3)), s16=np.zeros((1, 1, 3))),
            "has 3 classes, the model's labels are 2",
        ),
    ],
)
def test_an_answer_of_another_shape_is_refused(task, change, complaint):
    detector, outputs = task(), heads()
    change(outputs)
    with pytest.raises(BadInput, match=complaint):
        detector.postprocess(outputs, detector.preprocess(photo(16, 16)))
