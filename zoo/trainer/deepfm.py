"""DeepFM on MovieLens 100K: will this person give this film four stars or more? AUC on a tenth of the ratings."""

from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.tasks import click_prediction
from serving_kit.tasks.click_prediction import Before, encode
from zoo.train import code
from zoo.trainer import history, loop, movielens
from zoo.trainer import score as scores
from zoo.trainer.history import History
from zoo.trainer.loop import Plan, answers, best_of, export, fit, seeded, shuffled, split
from zoo.trainer.score import auc

NEEDS = code(click_prediction, history, loop, movielens, scores)
PLACES = {"user": 1, "film": 1, "age": 1, "gender": 1, "occupation": 1, "year": 1, "genre": 3}
BEFORE = Before(places=PLACES, decades=("age", "year"))
PLAN = Plan(epochs=6, rate=2e-3, decay=0.02)
WIDTH = 16


def train(destination: Path, seed: int) -> float:
    """Write the model and, beside it, `features.txt` and the history; return the AUC on the held-out ratings."""
    records, liked = movielens.ratings()
    lines = movielens.vocabulary(records, BEFORE)
    ids = encode(records, BEFORE, {line: number for number, line in enumerate(lines, start=1)})
    generator = seeded(seed)
    learnt, chosen, held = split(len(ids), generator)
    network = build(len(lines) + 1)
    truth = liked.astype(np.float32)[:, None]
    batches = shuffled((ids[learnt], truth[learnt]), 512)

    def chosen_auc() -> float:
        return auc(answers(network, ids[chosen])[0][:, 0], liked[chosen])

    epochs = fit(network, PLAN, batches, loss=loss, validate=chosen_auc, generator=generator)
    score = auc(answers(network, ids[held])[0][:, 0], liked[held])
    export(network, {"ids": ([None, ids.shape[1]], "int64")}, destination)
    History("AUC", epochs, best_of(epochs, PLAN), {"AUC": score}, {"held out": held.tolist()}).write(destination.parent)
    (destination.parent / BEFORE.vocabulary).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return score


def loss(network: Any, ids: Any, truth: Any) -> Any:
    """Return the binary cross-entropy of the probabilities, which are the first output."""
    return paddle_module().nn.functional.binary_cross_entropy(network(ids)[0], truth)


def build(vocabulary: int) -> Any:
    """Return the network: ids in; the probability out, and the three sums that it is made of.

    An id of 0 has an embedding of zeros, so an unknown value adds nothing to the sums of single values and of pairs.
    """
    paddle = paddle_module()
    nn = paddle.nn

    class DeepFM(nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            small = paddle.ParamAttr(initializer=nn.initializer.Normal(0, 0.02))
            self.single = nn.Embedding(vocabulary, 1, padding_idx=0, weight_attr=small)
            self.vectors = nn.Embedding(vocabulary, WIDTH, padding_idx=0, weight_attr=small)
            layers = [nn.Linear(WIDTH * sum(PLACES.values()), 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 1)]
            self.deep = nn.Sequential(*layers)

        def forward(self, ids: Any) -> Any:
            vectors = self.vectors(ids)
            total = vectors.sum(1)
            # The sum over all pairs of dot products, without looking at each pair.
            pairs = 0.5 * (total * total - (vectors * vectors).sum(1)).sum(1, keepdim=True)
            single, deep = self.single(ids).sum(1), self.deep(vectors.flatten(1))
            return nn.functional.sigmoid(single + pairs + deep), single, pairs, deep

    return DeepFM()
