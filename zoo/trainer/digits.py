"""LeNet on 5,000 handwritten digits of MNIST, scored by accuracy on a fifth of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.runtime.framework import paddle as paddle_module
from zoo.data import sample
from zoo.train import code
from zoo.trainer import history, loop, score
from zoo.trainer.history import History
from zoo.trainer.loop import Arrays, Plan, answers, best_of, export, fit, seeded, shuffled, split
from zoo.trainer.score import accuracy

NEEDS = code(history, loop, score)
PLAN = Plan(epochs=12, rate=2e-3, decay=0.01)
SHIFT_PX = 2


def train(destination: Path, seed: int) -> float:
    """Write the model and, beside it, the history; return the accuracy on the held-out digits."""
    pictures, digits = examples()
    generator = seeded(seed)
    learnt, chosen, held = split(len(digits), generator, test=0.2)
    paddle = paddle_module()
    network = paddle.vision.models.LeNet()

    def right(rows: NDArray[Any]) -> float:
        return accuracy(answers(network, pictures[rows])[0].argmax(axis=1), digits[rows])

    plain = shuffled((pictures[learnt], digits[learnt]), 64)
    epochs = fit(
        network,
        PLAN,
        lambda draw: _shifted(plain(draw), draw),
        loss=lambda net, images, truth: paddle.nn.functional.cross_entropy(net(images), truth),
        validate=lambda: right(chosen),
        generator=generator,
    )
    held_out = right(held)
    # A Sequential calls its own argument `input`.
    export(paddle.nn.Sequential(network, paddle.nn.Softmax()), {"input": ([None, 1, 28, 28], "float32")}, destination)
    scores, rows = {"accuracy": held_out}, {"held out": held.tolist()}
    History("accuracy", epochs, best_of(epochs, PLAN), scores, rows).write(destination.parent)
    return held_out


def examples() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the digits, float32 [5000, 1, 28, 28] from 0 to 1 with light ink, and what they are."""
    table = sample("mnist-5k")
    return (table[:, :-1] / 255).astype(np.float32).reshape(-1, 1, 28, 28), table[:, -1].astype(np.int64)


def _shifted(batches: Iterable[Arrays], generator: np.random.Generator) -> Iterator[Arrays]:
    """Move each batch a little, so that the network does not learn where on the page a digit stands."""
    for pictures, digits in batches:
        yield np.roll(pictures, generator.integers(-SHIFT_PX, SHIFT_PX + 1, size=2), axis=(2, 3)), digits
