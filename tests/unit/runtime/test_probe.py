import numpy as np

from serving_kit.runtime.probe import candidates
from serving_kit.types import ElementType, TensorSpec


def test_open_axes_are_tried_in_several_sizes() -> None:
    image = TensorSpec("x", "x", ElementType.FP32, (-1, 3, 48, -1))
    shapes = [feeds["x"].array.shape for feeds in candidates([image])]
    assert shapes[:2] == [(1, 3, 48, 64), (1, 3, 48, 224)]
    assert len(shapes) == len(set(shapes)) > 2


def test_a_model_without_open_axes_is_tried_once_and_always_alike() -> None:
    spec = TensorSpec("x", "x", ElementType.FP32, (-1, 13))
    (first,), (second,) = list(candidates([spec])), list(candidates([spec]))
    assert first["x"].array.shape == (1, 13)
    assert first["x"].array.dtype == np.float32
    np.testing.assert_array_equal(first["x"].array, second["x"].array)


def test_ids_stay_in_every_vocabulary_and_sequences_have_offsets() -> None:
    (feeds,) = candidates([TensorSpec("words", "words", ElementType.INT64, (-1, 1), is_lod=True)])
    assert feeds["words"].lod == (0, len(feeds["words"].array))
    assert set(feeds["words"].array.ravel().tolist()) <= {0, 1}
