import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.face_embedding import Embedding, similarities, unit

CROP = np.full((20, 20, 3), 51, np.uint8)


@pytest.fixture
def task(make):
    return make("face-embedding", preprocess={"size_px": 8, "mean": [0, 0, 0], "std": [1, 1, 1]})


def test_one_crop_or_several_become_a_batch(task):
    assert task.preprocess(CROP).feeds["x"].shape == (1, 8, 8, 3)
    feeds = task.preprocess([CROP, CROP * 2]).feeds["x"]
    assert feeds.shape == (2, 8, 8, 3)
    assert feeds[:, 0, 0, 0].tolist() == pytest.approx([0.2, 0.4])


def test_embeddings_have_length_one(task):
    first, second = task.postprocess({"y": np.array([[3, 4], [0, -2]], np.float32)}, task.preprocess([CROP, CROP]))
    assert first.values == pytest.approx((0.6, 0.8))
    assert second.values == (0, -1)
    assert repr(first) == "Embedding(2 numbers: 0.600, 0.800, ...)"


def test_what_points_nowhere_is_refused():
    with pytest.raises(BadInput, match=r"length 0\.0"):
        unit(np.zeros(4, np.float32))
    with pytest.raises(BadInput, match="length nan"):
        unit(np.array([1, np.nan], np.float32))


def test_similarity_is_the_cosine_of_the_angle():
    cosines = similarities([Embedding((1.0, 0.0)), Embedding((0.6, 0.8)), Embedding((0.0, -1.0))])
    np.testing.assert_allclose(cosines, [[1, 0.6, 0], [0.6, 1, -0.8], [0, -0.8, 1]])
