import numpy as np
import pytest

from serving_kit.errors import BadInput


@pytest.fixture
def task(make):
    files = {"labels.txt": "angry\nhappy\nneutral\n"}
    return make("face-expression", files=files, labels="labels.txt", preprocess={"size_px": 8}, postprocess={"top": 2})


def test_a_crop_becomes_grey_numbers_around_zero(task):
    crop = np.zeros((20, 20, 3), np.uint8)
    crop[:, 10:] = 255
    feed = task.preprocess(crop).feeds["x"]
    assert feed.shape == (1, 8, 8, 1) and feed.dtype == np.float32
    assert (feed[0, 0, 0, 0], feed[0, 0, -1, 0]) == (-1, 1)
    with pytest.raises(BadInput, match="give an RGB image"):
        task.preprocess(crop[:, :, 0])


def test_expressions_come_with_the_best_first(task):
    answer = task.postprocess(
        {"y": np.array([[0.1, 0.2, 0.7]], np.float32)}, task.preprocess(np.ones((4, 4, 3), np.uint8))
    )
    assert [(label.label, label.index) for label in answer] == [("neutral", 2), ("happy", 1)]
