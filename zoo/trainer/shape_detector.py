"""A small anchor-free detector of circles, squares and triangles, scored by mAP on scenes it never saw."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.tasks.layout_detection import suppress, to_corners
from zoo.train import code
from zoo.trainer import history, loop, score, shapes
from zoo.trainer.history import History
from zoo.trainer.loop import Arrays, Plan, answers, best_of, export, fit, seeded
from zoo.trainer.score import average_precision
from zoo.trainer.shapes import LABELS, SIZE_PX, Scene, scene

NEEDS = code(history, loop, score, shapes)
PLAN = Plan(epochs=6, rate=4e-3, decay=0.01)
BATCHES, BATCH = 40, 32
STRIDE_PX, BINS = 8, 5  # an edge is up to 4 cells, 32 pixels, from the cell that speaks for a shape
CELLS = SIZE_PX // STRIDE_PX
CENTRES = (np.stack(np.meshgrid(np.arange(CELLS), np.arange(CELLS)), axis=-1).reshape(-1, 2) + 0.5) * STRIDE_PX
CHOSEN, HELD = 200, 400
LEAST_SCORE, OVERLAP = 0.05, 0.5
FOCUS, BALANCE = 2.0, 0.25  # of the focal loss, as its paper has them
RARE = -4.0  # most cells see no shape: before it learns, each says so


def train(destination: Path, seed: int) -> float:
    """Write the model and, beside it, the history; return the mean average precision at IoU 0.5 on held-out scenes."""
    generator = seeded(seed)
    network = build()
    chosen, held = ([scene(generator) for _ in range(count)] for count in (CHOSEN, HELD))
    epochs = fit(network, PLAN, _batches, loss=loss, validate=lambda: precision(network, chosen), generator=generator)
    reached = precision(network, held)
    export(network, {"image": ([None, 3, SIZE_PX, SIZE_PX], "float32")}, destination)
    History("mAP", epochs, best_of(epochs, PLAN), {"mAP": reached}).write(destination.parent)
    return reached


def precision(network: Any, scenes: list[Scene]) -> float:
    """Return the mean average precision at IoU 0.5."""
    scores, distances = answers(network, planes(scenes), size=100)
    found, wanted = [], []
    for number, one in enumerate(scenes):
        boxes = to_corners(distances[number].astype(np.float64), CELLS, STRIDE_PX)
        wanted += [(number, shape.label, shape.box) for shape in one.shapes]
        for index, label in enumerate(LABELS):
            kept = suppress(boxes, scores[number][:, index], LEAST_SCORE, OVERLAP)
            found += [(number, label, float(scores[number][place, index]), tuple(boxes[place])) for place in kept]
    return float(np.mean([average_precision(found, wanted, label) for label in LABELS]))


def planes(scenes: list[Scene]) -> NDArray[np.float32]:
    """Return the images as the network takes them: float32 [N, 3, 96, 96] from 0 to 1."""
    return np.stack([one.image for one in scenes]).transpose(0, 3, 1, 2).astype(np.float32) / 255


def _batches(draw: np.random.Generator) -> Iterator[Arrays]:
    """Draw new scenes for every batch: there is no end of them, so none comes twice."""
    for _ in range(BATCHES):
        scenes = [scene(draw) for _ in range(BATCH)]
        labels, distances = zip(*map(targets, scenes), strict=True)
        yield planes(scenes), np.stack(labels), np.stack(distances)


def targets(one: Scene) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return which cells speak for which label [cells, 3], and how many cells their edges are away [cells, 4].

    A cell speaks for a shape whose centre is less than a cell away.
    """
    labels = np.zeros((len(CENTRES), len(LABELS)), dtype=np.float32)
    distances = np.zeros((len(CENTRES), 4), dtype=np.float32)
    for shape in one.shapes:
        left, top, right, bottom = shape.box
        middle = (left + right) / 2, (top + bottom) / 2
        near = np.hypot(*(CENTRES - middle).T) < STRIDE_PX
        labels[near, LABELS.index(shape.label)] = 1
        sides = np.concatenate([CENTRES[near] - (left, top), (right, bottom) - CENTRES[near]], axis=1)
        distances[near] = np.clip(sides / STRIDE_PX, 0, BINS - 1.001)
    return labels, distances


def loss(network: Any, images: Any, labels: Any, distances: Any) -> Any:
    """Return the focal loss of the scores plus, where a cell speaks, the distribution focal loss of its four edges."""
    functional = paddle_module().nn.functional
    scores, bins = network.heads(images)
    speaks = labels.sum(-1)
    count = speaks.sum().clip(min=1.0)
    focal = functional.sigmoid_focal_loss(scores, labels, normalizer=count, alpha=BALANCE, gamma=FOCUS)
    below = distances.floor()
    likely = functional.log_softmax(bins.reshape([*distances.shape, BINS]), axis=-1)
    part = (distances - below).unsqueeze(-1)
    wanted = functional.one_hot(below.astype("int64"), BINS) * (1 - part)
    wanted += functional.one_hot(below.astype("int64") + 1, BINS) * part
    return focal + (-(wanted * likely).sum([-2, -1]) * speaks).sum() / (4 * count)


def build() -> Any:
    """Return the network: images in; scores [N, cells, 3] and distributions of edges [N, cells, 4 * bins] out."""
    paddle = paddle_module()
    nn = paddle.nn

    def block(inside: int, outside: int, stride: int) -> list[Any]:
        return [nn.Conv2D(inside, outside, 3, stride, 1, bias_attr=False), nn.BatchNorm2D(outside), nn.ReLU()]

    class Detector(nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            widths = [(3, 16, 2), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]
            self.trunk = nn.Sequential(*(layer for width in widths for layer in block(*width)))
            rare = paddle.ParamAttr(initializer=nn.initializer.Constant(RARE))
            self.scores = nn.Conv2D(64, len(LABELS), 1, bias_attr=rare)
            self.edges = nn.Conv2D(64, 4 * BINS, 1)

        def heads(self, image: Any) -> Any:
            seen = self.trunk(image)
            return tuple(head(seen).flatten(2).transpose([0, 2, 1]) for head in (self.scores, self.edges))

        def forward(self, image: Any) -> Any:
            scores, edges = self.heads(image)
            return nn.functional.sigmoid(scores), edges

    return Detector()
