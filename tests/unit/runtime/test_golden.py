from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import ModelFileError
from serving_kit.runtime import golden
from serving_kit.types import Array, Tensor


def tensors(array: Array, lod: tuple[int, ...] = ()) -> dict[str, Tensor]:
    return {"y": Tensor(array, lod)}


def test_an_example_survives_the_disk(tmp_path: Path) -> None:
    golden.write(tmp_path, {"words": Tensor(np.arange(3), (0, 1, 3))}, tensors(np.float32([1.5])))
    example = golden.read(tmp_path)
    assert example is not None
    (words,), (answer,) = (side.values() for side in example)
    assert (words.array.tolist(), words.lod) == ([0, 1, 2], (0, 1, 3))
    assert (answer.array.tolist(), answer.array.dtype, answer.lod) == ([1.5], np.float32, ())


def test_no_example_is_none(tmp_path: Path) -> None:
    assert golden.read(tmp_path) is None


def test_a_damaged_example_is_one_sentence(tmp_path: Path) -> None:
    path = golden.write(tmp_path, {}, tensors(np.zeros(100)))
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ModelFileError, match=r"golden\.npz cannot be read .* convert the model again"):
        golden.read(tmp_path)


def test_an_example_is_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "golden.npz", **{"in:x": np.array([{"evil": 1}], dtype=object)})
    with pytest.raises(ModelFileError, match="cannot be read"):
        golden.read(tmp_path)


@pytest.mark.parametrize(
    ("answer", "expected", "apart"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([1.0, np.nan], [1.0, np.nan], 0.0),
        ([1.0, np.nan], [1.0, 2.0], np.inf),
        ([np.inf], [np.inf], 0.0),
        ([np.inf], [-np.inf], np.inf),
        ([1.0], [1.0, 1.0], np.inf),
        ([], [], 0.0),
    ],
)
def test_the_largest_difference_is_found(answer: list[float], expected: list[float], apart: float) -> None:
    assert golden.difference(tensors(np.array(answer)), tensors(np.array(expected))) == apart


def test_unsigned_numbers_do_not_wrap_round() -> None:
    assert golden.difference(tensors(np.uint8([1])), tensors(np.uint8([3]))) == 2.0


def test_an_output_that_is_missing_or_cut_otherwise_is_infinitely_wrong() -> None:
    assert golden.difference({}, tensors(np.zeros(1))) == np.inf
    assert golden.difference(tensors(np.zeros(2), (0, 2)), tensors(np.zeros(2), (0, 1, 2))) == np.inf


def test_floats_agree_within_tolerance_and_whole_numbers_exactly() -> None:
    close = {"atol": 0.01, "rtol": 0.01}
    assert golden.agrees(tensors(np.float32([100.5])), tensors(np.float32([100])), **close)
    assert not golden.agrees(tensors(np.float32([102])), tensors(np.float32([100])), **close)
    assert not golden.agrees(tensors(np.int64([1001])), tensors(np.int64([1000])), **close)
    assert golden.agrees(tensors(np.int64([1000])), tensors(np.int64([1000])), **close)
    assert not golden.agrees({}, tensors(np.float32([0])), **close)
