import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Label
from serving_kit.tasks.sentiment import Before, hashed

EXPECTED = [14934, 29892, 16973]  # CRC-32 of the bytes of 好, 坏 and 好坏, modulo 32767, plus 1


def test_a_text_is_its_characters_and_its_pairs_of_neighbours() -> None:
    before = Before()
    good, bad, pair = hashed("好坏", before)
    assert [hashed("好", before), hashed("坏", before)] == [[good], [bad]]
    assert hashed("坏好", before)[:2] == [bad, good] and hashed("坏好", before)[2] != pair
    assert hashed(" 好 坏\n", before) == [good, bad, pair]


def test_ids_are_the_same_on_every_machine() -> None:
    assert hashed("好坏", Before()) == EXPECTED
    assert set(hashed("很好很好", Before(buckets=2))) == {1}


def test_no_more_is_read_than_the_model_learnt_to_read() -> None:
    assert len(hashed("好" * 500, Before(longest=10))) == 10 + 9


def test_texts_of_different_lengths_travel_together(make) -> None:
    task = make("sentiment", labels="labels.txt", files={"labels.txt": "blame\npraise\n"})
    prepared = task.preprocess(["好", "很好很好"])
    ids = prepared.feeds["x"]
    assert ids.shape == (2, 7) and ids.dtype == np.int64
    assert (ids[0] > 0).sum() == 1 and (ids[1] > 0).all()
    answer = task.postprocess({"y": np.array([[0.9, 0.1], [0.2, 0.8]])}, prepared)
    assert answer == [Label("blame", 0, 0.9), Label("praise", 1, 0.8)]
    with pytest.raises(BadInput, match="1 rows for 2 texts"):
        task.postprocess({"y": np.array([[0.9, 0.1]])}, prepared)


@pytest.mark.parametrize("sample", [7, [7], None, [], "", ["好", " "]])
def test_what_is_no_text_is_refused(make, sample) -> None:
    with pytest.raises(BadInput, match=r"give a string|at least one character"):
        make("sentiment").preprocess(sample)
