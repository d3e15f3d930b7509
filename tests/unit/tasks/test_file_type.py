import numpy as np
import pytest

from serving_kit.errors import BadInput


@pytest.fixture
def task(make):
    limits = {"ends_bytes": 4, "read_bytes": 6}
    return make("file-type", files={"labels.txt": "elf\npng\n"}, labels="labels.txt", preprocess=limits)


def test_both_ends_are_taken_without_white_space_outside(task):
    feed = task.preprocess(b"  abcdefgh\n\n").feeds["x"]
    assert feed.dtype == np.int32
    assert bytes(feed[0].tolist()) == b"abcd" + b"efgh"


def test_a_short_file_is_padded_in_its_middle(task):
    assert task.preprocess(b"ab").feeds["x"][0].tolist() == [97, 98, 256, 256, 256, 256, 97, 98]
    assert task.preprocess(b"   ").feeds["x"][0].tolist() == [256] * 8


@pytest.mark.parametrize(("sample", "text"), [(b"", "is empty"), ("abc", "is a str")])
def test_only_bytes_are_a_file(task, sample, text):
    with pytest.raises(BadInput, match=text):
        task.preprocess(sample)


def test_kinds_come_with_the_best_first(task):
    answer = task.postprocess({"y": np.array([[0.2, 0.8]], np.float32)}, task.preprocess(b"x"))
    assert [(label.label, label.index) for label in answer] == [("png", 1), ("elf", 0)]
