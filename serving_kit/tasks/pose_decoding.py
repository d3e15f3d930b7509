"""From what nets for poses give to points: each way of saying where a point lies, as a function of arrays.

All return x, y, score and depth of each point, float64 [points, 4], x and y in pixels of the model's input.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput
from serving_kit.tasks.pose_vectors import vectors
from serving_kit.tasks.task import Numbers

Floats = NDArray[np.float64]


def shares(outputs: Sequence[Numbers], points: int, size_px: int) -> Floats:
    """Read MoveNet's [1, 1, points, 3]: y, x as shares of the input's sides, and a score."""
    table = _shaped(outputs, 0, (1, 1, points, 3)).reshape(points, 3)
    return np.stack([table[:, 1] * size_px, table[:, 0] * size_px, table[:, 2], np.zeros(points)], axis=1)


def landmarks(outputs: Sequence[Numbers], points: int, size_px: int) -> Floats:  # noqa: ARG001 - in pixels already
    """Read BlazePose's [1, 5 * rows]: x, y, z in pixels, then whether the point is to be seen, and in the picture.

    Both are logits; the score is the first one's. The rows after the points hold aids for the next crop.
    """
    rows = outputs[0].size // 5
    table = _shaped(outputs, 0, (1, 5 * max(rows, points))).reshape(-1, 5)[:points]
    return np.stack([table[:, 0], table[:, 1], sigmoid(table[:, 3]), table[:, 2]], axis=1)


def peaks(outputs: Sequence[Numbers], points: int, size_px: int) -> Floats:
    """Read EfficientPose's confidence maps [1, side, side, points]: the middle of each one's best pixel, blurred.

    The blur, of sigma 1, is daniegr/EfficientPose's own; scores are those before it.
    """
    if outputs[0].ndim != 4:
        raise BadInput(f"an output for points has shape {list(outputs[0].shape)}; this decoder reads maps of rank 4")
    side = outputs[0].shape[1]
    maps = _shaped(outputs, 0, (1, side, side, points))[0]
    blurred = np.stack([cv2.GaussianBlur(maps[:, :, k], (9, 9), 1) for k in range(points)], axis=2)
    rows, columns = np.divmod(blurred.reshape(-1, points).argmax(axis=0), side)
    scores = np.clip(maps[rows, columns, np.arange(points)], 0, 1)
    scale = size_px / side
    return np.stack([(columns + 0.5) * scale, (rows + 0.5) * scale, scores, np.zeros(points)], axis=1)


class Decoder(NamedTuple):
    """A way to say where points lie, and the aliases of the outputs that it reads, in its order."""

    aliases: tuple[str, ...]
    decode: Callable[[Sequence[Numbers], int, int], Floats]


DECODERS: Mapping[str, Decoder] = MappingProxyType(
    {
        "shares": Decoder(("keypoints",), shares),
        "landmarks": Decoder(("landmarks",), landmarks),
        "vectors": Decoder(("heatmaps", "offsets", "forward", "backward"), vectors),
        "peaks": Decoder(("confidences",), peaks),
    }
)


def sigmoid(logits: Floats) -> Floats:
    """Return chances of logits, without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -80, 80))))


def _shaped(outputs: Sequence[Numbers], number: int, shape: tuple[int, ...]) -> Floats:
    if outputs[number].shape != shape:
        raise BadInput(
            f"an output for points has shape {list(outputs[number].shape)}; this decoder reads {list(shape)}"
        )
    return outputs[number].astype(np.float64)
