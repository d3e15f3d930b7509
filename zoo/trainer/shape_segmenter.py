"""A small U-Net that tells circles, squares and triangles from the ground, pixel by pixel, scored by mean IoU."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.runtime.framework import paddle as paddle_module
from zoo.train import code
from zoo.trainer import history, loop, score, shapes
from zoo.trainer.history import History
from zoo.trainer.loop import Arrays, Plan, answers, best_of, export, fit, seeded
from zoo.trainer.score import accuracy, confusion, mean_iou
from zoo.trainer.shapes import LABELS, SIZE_PX, Scene, scene

NEEDS = code(history, loop, score, shapes)
PLAN = Plan(epochs=8, rate=4e-3, decay=0.01)
BATCHES, BATCH = 45, 16
GROUND_COUNTS = 0.2  # it has most of the pixels, and would be all that is learnt at first
CHOSEN, HELD = 100, 300


def train(destination: Path, seed: int) -> float:
    """Write the model and, beside it, the history; return the mean IoU of the four classes on held-out scenes."""
    generator = seeded(seed)
    network = build()
    chosen, held = ([_crowd(generator) for _ in range(count)] for count in (CHOSEN, HELD))

    def table(scenes: list[Scene]) -> NDArray[np.int64]:
        said = answers(network, planes(scenes), size=50)[0].argmax(axis=1)
        return confusion(said, masks(scenes), len(LABELS) + 1)

    functional = paddle_module().nn.functional
    weights = paddle_module().to_tensor([GROUND_COUNTS] + [1.0] * len(LABELS))
    epochs = fit(
        network,
        PLAN,
        _batches,
        loss=lambda net, images, truth: functional.cross_entropy(net.sums(images), truth, weight=weights, axis=1),
        validate=lambda: mean_iou(table(chosen)),
        generator=generator,
    )
    pixels = table(held)
    scores = {"mean IoU": mean_iou(pixels), "pixel accuracy": float(np.trace(pixels) / pixels.sum())}
    scores["pixel accuracy, all ground"] = accuracy(masks(held), np.zeros(1))
    export(network, {"image": ([None, 3, SIZE_PX, SIZE_PX], "float32")}, destination)
    History("mean IoU", epochs, best_of(epochs, PLAN), scores).write(destination.parent)
    return scores["mean IoU"]


def planes(scenes: list[Scene]) -> NDArray[np.float32]:
    """Return the images as the network takes them: float32 [N, 3, 96, 96] from 0 to 1."""
    return np.stack([one.image for one in scenes]).transpose(0, 3, 1, 2).astype(np.float32) / 255


def masks(scenes: list[Scene]) -> NDArray[np.int64]:
    """Return the classes of all pixels [N, 96, 96]."""
    return np.stack([one.mask for one in scenes])


def _crowd(draw: np.random.Generator) -> Scene:
    return scene(draw, apart=False, most=4)


def _batches(draw: np.random.Generator) -> Iterator[Arrays]:
    """Draw new scenes for every batch: there is no end of them, so none comes twice."""
    for _ in range(BATCHES):
        scenes = [_crowd(draw) for _ in range(BATCH)]
        yield planes(scenes), masks(scenes)


def build() -> Any:
    """Return the network: images in, probabilities [N, 4, 96, 96] out; 0 is the ground."""
    paddle = paddle_module()
    nn = paddle.nn

    def block(inside: int, outside: int, stride: int = 1) -> Any:
        convolution = nn.Conv2D(inside, outside, 3, stride, 1, bias_attr=False)
        return nn.Sequential(convolution, nn.BatchNorm2D(outside), nn.ReLU())

    def twice(inside: int, outside: int) -> Any:
        # Four channels become four pixels, which costs less than a convolution on the larger picture.
        return nn.Sequential(nn.Conv2D(inside, 4 * outside, 1), nn.PixelShuffle(2))

    class Segmenter(nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.half, self.quarter = block(3, 16, 2), block(16, 32, 2)
            self.eighth = nn.Sequential(block(32, 64, 2), block(64, 64), block(64, 64))
            self.to_quarter, self.to_half, self.to_whole = twice(64, 32), twice(32, 16), twice(16, len(LABELS) + 1)
            self.at_quarter, self.at_half = block(64, 32), block(32, 16)

        def sums(self, image: Any) -> Any:
            half = self.half(image)
            quarter = self.quarter(half)
            back = self.to_quarter(self.eighth(quarter))
            back = self.to_half(self.at_quarter(paddle.concat([back, quarter], axis=1)))
            return self.to_whole(self.at_half(paddle.concat([back, half], axis=1)))

        def forward(self, image: Any) -> Any:
            return nn.functional.softmax(self.sums(image), axis=1)

    return Segmenter()
