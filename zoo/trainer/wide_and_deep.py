"""Wide & Deep on MovieLens 100K: known people, scored by AUC on a tenth of their ratings, and people it never met."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.tasks import click_prediction
from serving_kit.tasks.click_prediction import Before, cross, encode
from zoo.train import code
from zoo.trainer import history, loop, movielens, score
from zoo.trainer.history import History
from zoo.trainer.loop import Arrays, Plan, answers, best_of, export, fit, seeded, shuffled, split
from zoo.trainer.score import auc

NEEDS = code(click_prediction, history, loop, movielens, score)
PLACES = {"user": 1, "film": 1, "age": 1, "gender": 1, "occupation": 1, "year": 1, "genre": 3}
CROSSES = (("user", "genre"), ("gender", "film"), ("age", "film"))
BEFORE = Before(places=PLACES, decades=("age", "year"), crosses=CROSSES)
PLAN = Plan(epochs=6, rate=2e-3, decay=0.02)
WIDTH = 16
NEW_PEOPLE = 0.1
HIDDEN = 0.1  # how often training hides who is asked about, so that a person it never met is no surprise


def train(destination: Path, seed: int) -> float:
    """Write the model and, beside it, `features.txt` and the history; return the AUC on ratings of known people."""
    records, liked = movielens.ratings()
    generator = seeded(seed)
    known, new = _apart(records, generator)
    learnt, chosen, held = (known[rows] for rows in split(len(known), generator))
    lines = movielens.vocabulary([records[row] for row in known], BEFORE)
    ids = encode(records, BEFORE, {line: number for number, line in enumerate(lines, start=1)})
    pairs = cross(records, BEFORE)
    network = build(len(lines) + 1)

    def scored(rows: NDArray[Any]) -> float:
        return auc(answers(network, ids[rows], pairs[rows])[0][:, 0], liked[rows])

    truth = liked.astype(np.float32)[:, None]
    plain = shuffled((ids[learnt], pairs[learnt], truth[learnt]), 512)
    epochs = fit(
        network,
        PLAN,
        lambda draw: map(_hider(draw), plain(draw)),
        loss=loss,
        validate=lambda: scored(chosen),
        generator=generator,
    )
    scores = {"AUC, known people": scored(held), "AUC, new people": scored(new)}
    inputs = {"ids": ([None, ids.shape[1]], "int64"), "crosses": ([None, pairs.shape[1]], "int64")}
    export(network, inputs, destination)
    rows = {"known people": held.tolist(), "new people": new.tolist()}
    History("AUC", epochs, best_of(epochs, PLAN), scores, rows).write(destination.parent)
    (destination.parent / BEFORE.vocabulary).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return scores["AUC, known people"]


def _apart(records: list[dict[str, Any]], generator: np.random.Generator) -> Arrays:
    """Return the rows of known and of new people."""
    users = np.array([int(record["user"]) for record in records])
    people = generator.permutation(np.unique(users))
    is_new = np.isin(users, people[: round(len(people) * NEW_PEOPLE)])
    return np.flatnonzero(~is_new), np.flatnonzero(is_new)


def _hider(generator: np.random.Generator) -> Any:
    def hide(arrays: Arrays) -> Arrays:
        ids, pairs, truth = (array.copy() for array in arrays)
        rows = generator.random(len(ids)) < HIDDEN
        ids[rows, 0] = 0
        pairs[rows, : PLACES["genre"]] = 0
        return ids, pairs, truth

    return hide


def loss(network: Any, ids: Any, pairs: Any, truth: Any) -> Any:
    """Return the binary cross-entropy of the probabilities, which are the first output."""
    return paddle_module().nn.functional.binary_cross_entropy(network(ids, pairs)[0], truth)


def build(vocabulary: int) -> Any:
    """Return the network: ids and crossed pairs in; the probability out, and the wide and deep sums in it."""
    paddle = paddle_module()
    nn = paddle.nn

    class WideAndDeep(nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            small = paddle.ParamAttr(initializer=nn.initializer.Normal(0, 0.02))
            zero = paddle.ParamAttr(initializer=nn.initializer.Constant(0.0))
            self.single = nn.Embedding(vocabulary, 1, padding_idx=0, weight_attr=zero)
            self.pair = nn.Embedding(BEFORE.buckets, 1, padding_idx=0, weight_attr=zero)
            self.vectors = nn.Embedding(vocabulary, WIDTH, padding_idx=0, weight_attr=small)
            layers = [nn.Linear(WIDTH * sum(PLACES.values()), 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 1)]
            self.layers = nn.Sequential(*layers)

        def forward(self, ids: Any, crosses: Any) -> Any:
            wide = self.single(ids).sum(1) + self.pair(crosses).sum(1)
            deep = self.layers(self.vectors(ids).flatten(1))
            return nn.functional.sigmoid(wide + deep), wide, deep

    return WideAndDeep()
