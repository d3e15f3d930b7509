"""A line learnt from thirty points: small enough to be trained whenever the tests run."""

from pathlib import Path

import numpy as np
import pytest

from serving_kit.runtime.framework import paddle as paddle_module
from zoo.trainer.history import Epoch, History
from zoo.trainer.loop import Plan, answers, best_of, export, fit, seeded, shuffled, split

X = np.linspace(-1, 1, 30, dtype=np.float32)[:, None]
Y = 3 * X + 1
PLAN = Plan(epochs=20, rate=0.3, lower_is_better=True)


def trained(seed: int, scores: list[float] | None = None):
    paddle = paddle_module()
    generator = seeded(seed)
    network = paddle.nn.Linear(1, 1)
    given = iter(scores or [])

    def validate() -> float:
        return next(given) if scores else float(np.mean((answers(network, X)[0] - Y) ** 2))

    loss = lambda net, x, y: paddle.nn.functional.mse_loss(net(x), y)  # noqa: E731
    epochs = fit(network, PLAN, shuffled((X, Y), 10), loss=loss, validate=validate, generator=generator)
    return network, epochs


def test_a_line_is_learnt() -> None:
    network, epochs = trained(1)
    assert len(epochs) == PLAN.epochs
    assert epochs[-1].loss < epochs[0].loss / 10
    assert answers(network, X, size=7)[0] == pytest.approx(Y, abs=0.3)


def test_a_seed_makes_the_same_weights_again() -> None:
    one, same, other = (trained(seed)[0].weight.numpy() for seed in (1, 1, 2))
    assert one == same != other


def test_the_weights_of_the_best_epoch_are_kept() -> None:
    late, _ = trained(1, scores=[float(number) for number in range(20, 0, -1)])
    early, epochs = trained(1, scores=[float(number) for number in range(20)])
    assert best_of(epochs, PLAN) == 0
    assert abs(early.weight.item() - 3) > abs(late.weight.item() - 3)


@pytest.mark.parametrize(("lower", "best"), [(True, 1), (False, 0)])
def test_the_earlier_of_two_best_epochs_counts(lower: bool, best: int) -> None:
    epochs = [Epoch(1.0, score) for score in (0.9, 0.2, 0.9, 0.2)]
    assert best_of(epochs, Plan(epochs=4, rate=1.0, lower_is_better=lower)) == best


def test_no_row_is_in_two_splits() -> None:
    parts = split(100, np.random.default_rng(1), validation=0.1, test=0.2)
    assert [len(part) for part in parts] == [70, 10, 20]
    assert sorted(np.concatenate(parts).tolist()) == list(range(100))


def test_every_row_comes_once_an_epoch_and_in_another_order_in_the_next() -> None:
    batches, generator = shuffled((np.arange(10), np.arange(10) * 2), 4), np.random.default_rng(1)
    first, second = (list(batches(generator)) for _ in range(2))
    assert [len(rows) for rows, _ in first] == [4, 4, 2]
    assert all((double == 2 * rows).all() for rows, double in first)
    orders = [np.concatenate([rows for rows, _ in epoch]).tolist() for epoch in (first, second)]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(10)) and orders[0] != orders[1]


def test_what_is_exported_answers_as_the_network_does(tmp_path: Path) -> None:
    network, _ = trained(1)
    export(network, {"input": ([None, 1], "float32")}, tmp_path / "model")
    loaded = paddle_module().jit.load(str(tmp_path / "model" / "model"))
    assert (answers(loaded, X)[0] == answers(network, X)[0]).all()


def test_a_history_is_read_as_it_was_written(tmp_path: Path) -> None:
    history = History("AUC", [Epoch(0.5, 0.7), Epoch(0.4, 0.8)], 1, {"AUC": 0.79}, {"held out": [3, 4]})
    assert history.write(tmp_path).name == "history.json"
    assert History.read(tmp_path) == history
