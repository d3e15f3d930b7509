import numpy as np
import pytest

GRID = np.arange(12, dtype=np.float32).reshape(3, 4)


@pytest.mark.parametrize(
    ("bounds", "masks", "expected"),
    [
        (((0, 1), (2, 3), (1, 1)), {}, GRID[0:2, 1:3]),
        (((0, 1), (2, 3), (1, 1)), {"begin_mask": 2, "end_mask": 1}, GRID[0:, :3]),
        (((1, 0), (2, 4), (1, 2)), {"shrink_axis_mask": 1}, GRID[1, 0:4:2]),
        (((0, -1), (0, 0), (1, 1)), {"ellipsis_mask": 1, "shrink_axis_mask": 2}, GRID[..., -1]),
        (((0, 0, 0), (0, 3, 4), (1, 1, 1)), {"new_axis_mask": 1}, GRID[None]),
    ],
)
def test_strided_slices_mean_what_their_masks_say(compute, bounds, masks, expected):
    weights = dict(zip(("begin", "end", "step"), map(list, bounds), strict=True))
    np.testing.assert_array_equal(compute("StridedSlice", GRID, weights=weights, **masks), expected)


@pytest.mark.parametrize(
    ("op", "weights", "attributes", "expected"),
    [
        ("Slice", {"b": [1, 0], "s": [2, -1]}, {}, GRID[1:3]),
        ("ExpandDims", {"axis": -1}, {}, GRID[..., None]),
        ("GatherV2", {"i": [[2, 0]], "axis": 0}, {}, GRID[[[2, 0]]]),
        ("GatherV2", {"i": [3, 1], "axis": -1}, {}, GRID[:, [3, 1]]),
        ("GatherNd", {"i": [[0, 1], [2, 3]]}, {}, np.float32([1, 11])),
        ("ArgMax", {"axis": 1}, {}, np.int32([3, 3, 3])),
        ("MatMul", {"m": GRID}, {"transpose_b": True}, GRID @ GRID.T),
        (
            "_FusedMatMul",
            {"m": np.eye(4), "b": [-5.0] * 4},
            {"fused_ops": ("BiasAdd", "Relu")},
            np.maximum(GRID - 5, 0),
        ),
        ("Maximum", {"w": 5.0}, {}, np.maximum(GRID, 5)),
        ("RealDiv", {"w": [[2.0]]}, {}, GRID / 2),
    ],
)
def test_an_operation_on_a_grid(compute, op, weights, attributes, expected):
    answer = compute(op, GRID, weights=weights, **attributes)
    assert answer.dtype == expected.dtype
    np.testing.assert_allclose(answer, expected)


def test_whole_numbers_are_divided_towards_below(compute):
    assert compute("FloorDiv", [7, -7], weights={"w": [2]}).tolist() == [3, -4]
    assert compute("FloorMod", [7, -7], weights={"w": [4]}).tolist() == [3, 1]


def test_some_operations_give_several_tensors(compute):
    values, places = compute("TopKV2", [[1.0, 9, 4]], weights={"k": 2}, outputs=2, sorted=True)
    assert (values.tolist(), places.tolist(), places.dtype) == ([[9, 4]], [[1, 2]], np.int32)
    assert [part.tolist() for part in compute("Unpack", [[1, 2], [3, 4]], outputs=2, axis=1)] == [[1, 3], [2, 4]]
    left, right = compute("SplitV", GRID, weights={"sizes": [1, 3], "axis": 1}, outputs=2)
    np.testing.assert_array_equal(np.hstack([left, right]), GRID)
    halves = compute("Split", GRID, weights={"axis": 1}, order="axis x", outputs=2, num_split=2)
    np.testing.assert_array_equal(halves[1], GRID[:, 2:])


def test_axes_of_one_go_and_blocks_become_pixels(compute):
    assert compute("Squeeze", GRID[None, :, None], squeeze_dims=(0,)).shape == (3, 1, 4)
    assert compute("Squeeze", GRID[None, :, None], squeeze_dims=()).shape == (3, 4)
    assert compute("Pack", [1, 2], [3, 4], axis=1).tolist() == [[1, 3], [2, 4]]
    pixels = compute("DepthToSpace", np.arange(4.0).reshape(1, 1, 1, 4), block_size=2)
    assert pixels[0, :, :, 0].tolist() == [[0, 1], [2, 3]]
    np.testing.assert_allclose(compute("Softmax", [[0.0, 0.0]]), [[0.5, 0.5]])
