import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.batching.merge import can_merge, instances, merge, signature, split
from serving_kit.types import ElementType, Tensor, TensorSpec

LENGTHS = st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=3), min_size=1, max_size=4)


def packed(lengths: list[int], first: int) -> dict[str, Tensor]:
    """One request of sequences with the given lengths, its numbers counting up from `first`."""
    rows = np.arange(first, first + sum(lengths)).reshape(-1, 1)
    return {"words": Tensor(rows, (0, *np.cumsum(lengths).tolist()))}


@given(LENGTHS)
def test_packed_sequences_come_apart_as_they_went_in(lengths: list[list[int]]) -> None:
    requests = [packed(own, 100 * index) for index, own in enumerate(lengths)]
    merged = merge(requests)
    assert merged["words"].lod[-1] == len(merged["words"].array)
    parts = split(merged, [instances(request) or 0 for request in requests])
    assert parts is not None
    for request, part in zip(requests, parts, strict=True):
        assert part["words"].lod == request["words"].lod
        np.testing.assert_array_equal(part["words"].array, request["words"].array)


def test_inputs_with_different_batch_sizes_count_as_no_instances() -> None:
    assert instances({"a": Tensor(np.zeros((2, 3))), "b": Tensor(np.zeros((1, 3)))}) is None
    assert instances({"a": Tensor(np.zeros((2, 3))), "b": Tensor(np.zeros(2))}) == 2
    assert instances({"a": Tensor(np.float32(1))}) is None


def test_signatures_differ_by_type_shape_and_packing() -> None:
    plain = Tensor(np.zeros((2, 3), np.float32))
    others = [
        Tensor(np.zeros((2, 3), np.float64)),
        Tensor(np.zeros((2, 4), np.float32)),
        Tensor(np.zeros((2, 3), np.float32), (0, 2)),
    ]
    assert signature({"x": plain}) == signature({"x": Tensor(np.ones((5, 3), np.float32))})
    assert all(signature({"x": plain}) != signature({"x": other}) for other in others)


def test_an_output_without_one_entry_an_instance_cannot_be_split() -> None:
    assert split({"boxes": Tensor(np.zeros((5, 6)))}, [1, 1]) is None


def test_only_free_batch_axes_can_merge() -> None:
    free = TensorSpec("x", "x", ElementType.FP32, (-1, 3))
    fixed = TensorSpec("y", "y", ElementType.FP32, (1, 3))
    packed_words = TensorSpec("w", "w", ElementType.INT64, (1,), is_lod=True)
    assert can_merge([free], [free, packed_words])
    assert not can_merge([fixed], [free])
    assert not can_merge([free], [fixed])
