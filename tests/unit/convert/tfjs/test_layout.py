"""Axes may lie in another order than the graph says; what is computed may not change by it."""

import numpy as np
import pytest

from tests.unit.tiny_tfjs import answers, node, write

IMAGE = np.random.default_rng(0).normal(size=(1, 2, 3, 4)).astype(np.float32)
TURNED = node(
    "turned", "MaxPool", "x", ksize=(1, 1, 1, 1), strides=(1, 1, 1, 1), padding="VALID"
)  # planes from here on
CHANNELS = np.arange(4, dtype=np.float32)
BENT = np.where(IMAGE < 0, IMAGE * CHANNELS, IMAGE)
AROUND = ((0, 0), (1, 0), (0, 2), (0, 1))
MAP = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)


@pytest.mark.parametrize(
    ("after", "weights", "expected"),
    [
        (node("y", "Add", "turned", "w"), {"w": CHANNELS}, IMAGE + CHANNELS),
        (node("y", "Sub", "turned", "w"), {"w": MAP}, IMAGE - MAP),
        (node("y", "Mul", "turned", "w"), {"w": 3.0}, IMAGE * 3),
        (node("y", "Add", "w", "turned"), {"w": np.arange(3.0).reshape(3, 1)}, IMAGE + np.arange(3).reshape(3, 1)),
        (node("y", "SquaredDifference", "turned", "x"), {}, IMAGE * 0),
        (node("y", "AddN", "turned", "x", "turned"), {}, IMAGE * 3),
        (node("y", "Prelu", "turned", "w"), {"w": CHANNELS.reshape(1, 1, 4)}, BENT),
        (node("y", "LeakyRelu", "turned", alpha=0.5), {}, np.where(IMAGE < 0, IMAGE / 2, IMAGE)),
        (node("y", "Abs", "turned"), {}, np.abs(IMAGE)),
        (node("y", "Cast", "turned", DstT="DT_INT32"), {}, IMAGE.astype(np.int32)),
        (node("y", "Pad", "turned", "w"), {"w": AROUND}, np.pad(IMAGE, AROUND)),
        (node("y", "ConcatV2", "turned", "turned", "w", N=2), {"w": -1}, np.concatenate([IMAGE, IMAGE], axis=3)),
        (node("y", "ConcatV2", "turned", "x", "w", N=2), {"w": 1}, np.concatenate([IMAGE, IMAGE], axis=1)),
        (node("y", "Mean", "turned", "w", keep_dims=True), {"w": [1, 2]}, IMAGE.mean(axis=(1, 2), keepdims=True)),
        (node("y", "Mean", "turned", "w", keep_dims=False), {"w": [1, 2]}, IMAGE.mean(axis=(1, 2))),
        (node("y", "Max", "turned", "w"), {"w": [3]}, IMAGE.max(axis=3)),
        (node("y", "Transpose", "turned", "w"), {"w": [0, 3, 1, 2]}, IMAGE.transpose(0, 3, 1, 2)),
        (node("y", "Transpose", "turned", "w"), {"w": [3, 2, 1, 0]}, IMAGE.transpose(3, 2, 1, 0)),
        (node("y", "Transpose", "x", "w"), {"w": [0, 2, 3, 1]}, IMAGE.transpose(0, 2, 3, 1)),
        (node("y", "Reshape", "turned", "w"), {"w": [-1]}, IMAGE.ravel()),
        (node("y", "Identity", "turned"), {}, IMAGE),
    ],
)  # fmt: skip
def test_planes_and_rows_give_the_same(tmp_path, after, weights, expected):
    path = write(tmp_path, [TURNED, after], weights, x=IMAGE)
    np.testing.assert_allclose(answers(path, IMAGE)[0], expected, rtol=1e-5, atol=1e-6)
