"""A bag of embeddings on Chinese reviews: praise or blame? Scored by accuracy on a tenth of the distinct reviews."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.tasks import sentiment
from serving_kit.tasks.sentiment import Before, hashed, padded
from zoo.data import sample
from zoo.train import code
from zoo.trainer import history, loop, score
from zoo.trainer.history import History
from zoo.trainer.loop import Arrays, Plan, answers, best_of, export, fit, seeded, shuffled, split
from zoo.trainer.score import accuracy

NEEDS = code(sentiment, history, loop, score)
BEFORE = Before()
PLAN = Plan(epochs=3, rate=3e-3, decay=0.05)
WIDTH = 16
LEFT_OUT = 0.5  # of the ids, drawn anew each time, so that no single one is leant on


def train(destination: Path, seed: int) -> float:
    """Write the model and, beside it, the history; return the accuracy on the held-out reviews."""
    texts, praise = reviews()
    ids, truth = padded([hashed(text, BEFORE) for text in texts]), praise.astype(np.int64)
    generator = seeded(seed)
    learnt, chosen, held = split(len(texts), generator)
    network = build()
    plain = shuffled((ids[learnt], truth[learnt]), 256)

    def right(rows: NDArray[Any]) -> float:
        return accuracy(answers(network, ids[rows])[0].argmax(axis=1), truth[rows])

    epochs = fit(
        network,
        PLAN,
        lambda draw: _thinned(plain(draw), draw),
        loss=lambda net, rows, labels: paddle_module().nn.functional.nll_loss(net(rows).log(), labels),
        validate=lambda: right(chosen),
        generator=generator,
    )
    held_out = right(held)
    export(network, {"ids": ([None, None], "int64")}, destination)
    scores, rows = {"accuracy": held_out}, {"held out": held.tolist()}
    History("accuracy", epochs, best_of(epochs, PLAN), scores, rows).write(destination.parent)
    return held_out


def reviews() -> tuple[list[str], NDArray[np.bool_]]:
    """Return the distinct reviews, in the files' order, and which of them praise; what is in both files is left out."""
    files = [[line.strip() for line in sample(f"chinese-reviews-{kind}").split("\n")] for kind in ("blame", "praise")]
    blame, praise = (dict.fromkeys(filter(None, lines)) for lines in files)
    kept = [text for text in (*blame, *praise) if not (text in blame and text in praise)]
    return kept, np.array([text in praise for text in kept])


def _thinned(batches: Iterable[Arrays], generator: np.random.Generator) -> Iterator[Arrays]:
    for ids, truth in batches:
        widest = int((ids > 0).sum(axis=1).max())
        rows = ids[:, :widest]
        yield np.where(generator.random(rows.shape) < LEFT_OUT, sentiment.EMPTY, rows), truth


def build() -> Any:
    """Return the network: ids in, probabilities of blame and praise out; it takes the mean of all embeddings."""
    paddle = paddle_module()
    nn = paddle.nn

    class Bag(nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.vectors = nn.Embedding(BEFORE.buckets, WIDTH, padding_idx=sentiment.EMPTY)
            self.layers = nn.Sequential(nn.Linear(WIDTH, 32), nn.ReLU(), nn.Linear(32, 2))

        def forward(self, ids: Any) -> Any:
            count = (ids != sentiment.EMPTY).astype("float32").sum(1, keepdim=True).clip(min=1.0)
            return nn.functional.softmax(self.layers(self.vectors(ids).sum(1) / count))

    return Bag()
