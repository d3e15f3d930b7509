import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Label
from serving_kit.tasks.face_attributes import Attributes

CROP = np.zeros((20, 20, 3), np.uint8)


def ages(**shares: float) -> np.ndarray:
    row = np.zeros((1, 100), np.float32)
    for year, share in shares.items():
        row[0, int(year[1:]) - 1] = share
    return row


@pytest.fixture
def task(make):
    return make("face-attributes", outputs=("age", "gender", "embedding"), preprocess={"size_px": 16})


def test_an_age_is_the_mean_of_a_distribution_with_its_spread(task):
    prepared = task.preprocess(CROP)
    assert prepared.feeds["x"].shape == (1, 16, 16, 3)
    outputs = {"age": ages(y20=0.5, y40=0.5), "gender": np.array([[0.9]]), "embedding": np.array([[0.0, 2.0]])}
    answer = task.postprocess(outputs, prepared)
    assert (answer.age_years, answer.spread_years) == pytest.approx((30, 10))
    assert answer.ages[19] == (20, 0.5)
    assert answer.label == Label("male", 1, pytest.approx(0.9))
    assert answer.embedding is not None and answer.embedding.values == (0, 1)
    assert repr(answer) == "Attributes(age=30.0±10.0, 'male' 0.90)"


def test_a_low_score_is_the_other_label(task):
    answer = task.postprocess({"gender": np.array([[0.25]])}, task.preprocess(CROP))
    assert answer.label == Label("female", 0, 0.75)
    assert answer.age_years is None and repr(answer) == "Attributes('female' 0.75)"


def test_an_age_may_be_one_number(task):
    answer = task.postprocess({"age": np.array([[31.5]], np.float32)}, task.preprocess(CROP))
    assert answer == Attributes(age_years=31.5)
    assert repr(answer) == "Attributes(age=31.5)"


def test_outputs_must_have_the_aliases_that_are_read(task):
    with pytest.raises(BadInput, match="give outputs these aliases"):
        task.postprocess({"dense_1": np.zeros((1, 1))}, task.preprocess(CROP))
