import numpy as np
import pytest

from serving_kit import tasks
from serving_kit.errors import BadInput
from serving_kit.spec import Spec
from serving_kit.tasks.click_prediction import Before, cross, encode
from tests.unit.tasks.conftest import port

WORDS = "age=20\ngenre=drama\ngenre=war\nuser=7\n"
PLACES = {"places": {"user": 1, "age": 1, "genre": 2}, "decades": ["age"]}
CRC = (662, 599, 843)
ANNA = {"user": 7, "age": "29", "genre": ["war", "drama", "comedy"]}


@pytest.fixture
def clicks(make):
    return make("click-prediction", files={"features.txt": WORDS}, preprocess=PLACES)


def test_values_become_the_numbers_of_their_lines(clicks) -> None:
    prepared = clicks.preprocess([ANNA, {"genre": "drama", "user": "8"}, {}])
    assert prepared.feeds["x"].dtype == np.int64
    assert prepared.feeds["x"].tolist() == [[4, 1, 3, 2], [0, 0, 2, 0], [0, 0, 0, 0]]


def test_one_record_is_a_batch_of_one(clicks) -> None:
    prepared = clicks.preprocess(ANNA)
    assert clicks.postprocess({"y": np.array([[0.25]], np.float32)}, prepared).tolist() == [0.25]
    with pytest.raises(BadInput, match="1 records have one number each"):
        clicks.postprocess({"y": np.zeros((2, 1))}, prepared)


@pytest.mark.parametrize("sample", [[], ["user"], 7, "user", [ANNA, None]])
def test_what_is_no_record_is_refused(clicks, sample) -> None:
    with pytest.raises(BadInput, match="give a mapping of fields to values"):
        clicks.preprocess(sample)


def test_an_age_that_is_no_number_is_refused(clicks) -> None:
    with pytest.raises(BadInput, match="'age' of a record is 'old'; give a whole number"):
        clicks.preprocess({"age": "old"})


def test_pairs_are_hashed_alike_everywhere_and_only_where_both_are_known() -> None:
    before = Before(places=PLACES["places"], crosses=(("user", "genre"), ("user", "age")), buckets=1000)
    table = cross([ANNA, {**ANNA, "genre": ["drama"]}, {"genre": ["war"]}], before)
    # The CRC-32 of "user=7 genre=war", "user=7 genre=drama" and "user=7 age=29", modulo 999, plus 1.
    assert table.tolist() == [[*CRC], [CRC[1], 0, CRC[2]], [0, 0, 0]]
    assert table.max() < before.buckets


def test_ids_are_made_without_a_model_too() -> None:
    assert encode([ANNA], Before(**PLACES), {"user=7": 1, "genre=comedy": 2}).tolist() == [[1, 0, 0, 0]]


def test_a_model_of_two_inputs_is_fed_both(tmp_path) -> None:
    (tmp_path / "features.txt").write_text(WORDS, encoding="utf-8")
    spec = {"name": "m", "task": "click-prediction", "preprocess": {**PLACES, "crosses": [["user", "age"]]}}
    Spec.model_validate({**spec, "inputs": (port("ids"), port("pairs")), "outputs": (port("y"),)}).write(tmp_path)
    feeds = tasks.load(tmp_path).preprocess([ANNA, ANNA]).feeds
    assert {name: array.shape for name, array in feeds.items()} == {"ids": (2, 4), "pairs": (2, 1)}
