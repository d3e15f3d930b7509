"""A small network on the Boston house prices without column B, scored by RMSE on a fifth of the districts."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from serving_kit.runtime.framework import paddle as paddle_module
from zoo.data import sample
from zoo.train import code
from zoo.trainer import history, loop, score
from zoo.trainer.history import History
from zoo.trainer.loop import Plan, answers, best_of, export, fit, seeded, shuffled, split
from zoo.trainer.score import rmse

NEEDS = code(history, loop, score)
PLAN = Plan(epochs=100, rate=1e-2, decay=0.1, lower_is_better=True)
LEFT_OUT_COLUMN = 11  # B: made to show that prices rise where Black people do not live
PRICE_COLUMN = 13
WIDTH = 32


def train(destination: Path, seed: int) -> float:
    """Write the model and, beside it, the history; return the RMSE in 1,000 dollars on the held-out districts."""
    features, prices = examples()
    generator = seeded(seed)
    learnt, chosen, held = split(len(prices), generator, validation=0.2, test=0.2)
    paddle = paddle_module()
    network = build(features[learnt], prices[learnt])

    def off(rows: NDArray[Any]) -> float:
        return rmse(answers(network, features[rows])[0], prices[rows])

    epochs = fit(
        network,
        PLAN,
        shuffled((features[learnt], prices[learnt]), 32),
        loss=lambda net, rows, truth: paddle.nn.functional.mse_loss(net(rows), truth),
        validate=lambda: off(chosen),
        generator=generator,
    )
    held_out = off(held)
    export(network, {"features": ([None, features.shape[1]], "float32")}, destination)
    scores = {"RMSE": held_out, "RMSE, straight line": _line(features, prices, learnt, held)}
    rows = {"learnt": learnt.tolist(), "held out": held.tolist()}
    History("RMSE", epochs, best_of(epochs, PLAN), scores, rows).write(destination.parent)
    return held_out


def examples() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return 12 features [506, 12] as the census has them, and the median price in 1,000 dollars [506, 1]."""
    table = sample("boston-housing").astype(np.float32)
    return np.delete(table, [LEFT_OUT_COLUMN, PRICE_COLUMN], axis=1), table[:, PRICE_COLUMN:]


def _line(features: NDArray[Any], prices: NDArray[Any], learnt: NDArray[Any], held: NDArray[Any]) -> float:
    """Return the RMSE of the best straight line through the same districts: what the network has to beat."""
    wide = np.c_[features, np.ones(len(features))].astype(np.float64)
    return rmse(wide[held] @ np.linalg.lstsq(wide[learnt], prices[learnt], rcond=None)[0], prices[held])


def build(features: NDArray[np.float32], prices: NDArray[np.float32]) -> Any:
    """Return the network: raw features in, prices out; it scales both itself, by the districts it learns from."""
    paddle = paddle_module()
    nn = paddle.nn

    class Prices(nn.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", paddle.to_tensor(features.mean(axis=0)))
            self.register_buffer("spread", paddle.to_tensor(features.std(axis=0)))
            self.centre, self.scale = float(prices.mean()), float(prices.std())
            width = features.shape[1]
            self.layers = nn.Sequential(nn.Linear(width, WIDTH), nn.ReLU(), nn.Dropout(0.1), nn.Linear(WIDTH, 1))

        def forward(self, features: Any) -> Any:
            return self.layers((features - self.mean) / self.spread) * self.scale + self.centre

    return Prices()
