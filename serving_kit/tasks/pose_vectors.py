"""PoseNet's way to points: coarse heatmaps, offsets that make them exact, and vectors from joint to joint.

The best cells of 17 heatmaps need not be of one body, nor a left knee's of the left leg. So one point begins, the
surest of all, and the others are walked to along the bones of a tree: the greedy decoding of PersonLab
(arXiv:1803.08225).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput
from serving_kit.tasks.task import Numbers

Floats = NDArray[np.float64]

# Parent and child of each bone by COCO's numbers, in the order of the vectors' channels (tensorflow/tfjs-models).
TREE = (
    *((0, 1), (1, 3), (0, 2), (2, 4)),
    *((0, 5), (5, 7), (7, 9), (5, 11), (11, 13), (13, 15)),
    *((0, 6), (6, 8), (8, 10), (6, 12), (12, 14), (14, 16)),
)
_CORRECTIONS = 2  # how often an offset is followed after a step, as tensorflow/tfjs-models does


@dataclass(frozen=True)
class Fields:
    """What the net says of each cell, float64 [side, side, ...]; vectors have all y first, then all x, in pixels."""

    heat: Floats
    offsets: Floats
    forward: Floats
    backward: Floats
    stride_px: float

    def scores(self) -> Floats:
        """Return the chance of each point in each cell, [side, side, points]."""
        return np.asarray(1 / (1 + np.exp(-np.clip(self.heat, -80, 80))))

    def surest(self) -> tuple[int, int, int]:
        """Return point, row and column of the highest score of all."""
        row, column, point = np.unravel_index(self.heat.argmax(), self.heat.shape)
        return int(point), int(row), int(column)

    def exact(self, point: int, row: int, column: int) -> Floats:
        """Return where a cell says that a point lies, (y, x): its corner and on by its offset."""
        return np.array([row, column]) * self.stride_px + _vector(self.offsets, row, column, point)

    def cell(self, place: Floats) -> tuple[int, int]:
        """Return row and column of the cell nearest to a place (y, x)."""
        row, column = np.clip(np.rint(place / self.stride_px), 0, self.heat.shape[0] - 1).astype(int)
        return int(row), int(column)


def fields(outputs: Sequence[Numbers], points: int, size_px: int) -> Fields:
    """Return heatmaps, offsets and the vectors forward and backward as one; BadInput where their shapes differ."""
    side = outputs[0].shape[1] if outputs[0].ndim == 4 else 0
    wanted = [(1, side, side, depth) for depth in (points, 2 * points, 2 * len(TREE), 2 * len(TREE))]
    found = [output.shape for output in outputs]
    if side < 2 or found != wanted:
        raise BadInput(f"the answer holds {[list(shape) for shape in found]}; PoseNet gives {list(map(list, wanted))}")
    maps = [output[0].astype(np.float64) for output in outputs]
    return Fields(maps[0], maps[1], maps[2], maps[3], (size_px - 1) / (side - 1))


def walk(net: Fields, point: int, row: int, column: int) -> Floats:
    """Return x, y, score and depth 0 of the body that a cell's point belongs to, float64 [points, 4]."""
    places = {point: net.exact(point, row, column)}
    for edge, (parent, child) in reversed(list(enumerate(TREE))):
        if child in places and parent not in places:
            places[parent] = _step(net, net.backward, edge, places[child], parent)
    for edge, (parent, child) in enumerate(TREE):
        if parent in places and child not in places:
            places[child] = _step(net, net.forward, edge, places[parent], child)
    scores = net.scores()
    table = [(*places[k][::-1], scores[(*net.cell(places[k]), k)], 0.0) for k in range(net.heat.shape[2])]
    return np.array(table, dtype=np.float64)


def vectors(outputs: Sequence[Numbers], points: int, size_px: int) -> Floats:
    """Read PoseNet's four outputs: the body of the surest point in the picture."""
    net = fields(outputs, points, size_px)
    return walk(net, *net.surest())


def _step(net: Fields, field: Floats, edge: int, start: Floats, target: int) -> Floats:
    place = start + _vector(field, *net.cell(start), edge)
    for _ in range(_CORRECTIONS):
        place = net.exact(target, *net.cell(place))
    return place


def _vector(field: Floats, row: int, column: int, number: int) -> Floats:
    return np.asarray(field[row, column, [number, number + field.shape[2] // 2]])
