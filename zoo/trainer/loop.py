"""The loop that the trainers share: seeded, and the best epoch is chosen on a validation split, never on the test's."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from serving_kit.runtime.framework import paddle as paddle_module
from zoo.trainer.history import Epoch

Arrays: TypeAlias = tuple[NDArray[Any], ...]
Batches: TypeAlias = Callable[[np.random.Generator], Iterable[Arrays]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast a network learns; the rate falls to nothing along half a cosine.

    `decay` is the weight decay of AdamW, `rate` its learning rate at the start.
    """

    epochs: int
    rate: float
    decay: float = 0.0
    lower_is_better: bool = False


def seeded(seed: int) -> np.random.Generator:
    """Seed Paddle, for weights and dropout, and return the generator for all else; build the network after it."""
    paddle_module().seed(seed)
    return np.random.default_rng(seed)


def split(count: int, generator: np.random.Generator, validation: float = 0.1, test: float = 0.1) -> Arrays:
    """Return the row numbers to train on, to choose the epoch by, and to score once: drawn without repetition."""
    order = generator.permutation(count)
    first, second = round(count * (1 - validation - test)), round(count * (1 - test))
    return order[:first], order[first:second], order[second:]


def shuffled(arrays: Arrays, size: int) -> Batches:
    """Return a maker of batches of `size` rows, in a new order each epoch; the last one may be smaller."""

    def batches(generator: np.random.Generator) -> Iterator[Arrays]:
        order = generator.permutation(len(arrays[0]))
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            yield tuple(array[rows] for array in arrays)

    return batches


def fit(
    network: Any,
    plan: Plan,
    batches: Batches,
    *,
    loss: Callable[..., Any],
    validate: Callable[[], float],
    generator: np.random.Generator,
) -> list[Epoch]:
    """Train the network, leave it with the weights of its best epoch, ready to answer, and return all epochs.

    `loss(network, *tensors)` is a scalar tensor; `validate()` scores the network on the validation split.
    """
    paddle = paddle_module()
    rate = paddle.optimizer.lr.CosineAnnealingDecay(plan.rate, T_max=plan.epochs)
    optimizer = paddle.optimizer.AdamW(rate, parameters=network.parameters(), weight_decay=plan.decay)
    epochs: list[Epoch] = []
    best: dict[str, NDArray[Any]] = {}
    for _ in range(plan.epochs):
        mean_loss = _pass(network, optimizer, batches(generator), loss)
        rate.step()
        epochs.append(Epoch(mean_loss, validate()))
        if best_of(epochs, plan) == len(epochs) - 1:
            best = {name: tensor.numpy().copy() for name, tensor in network.state_dict().items()}
    network.set_state_dict(best)
    return epochs


def _pass(network: Any, optimizer: Any, batches: Iterable[Arrays], loss: Callable[..., Any]) -> float:
    """Let the network learn from each batch once and return the mean loss."""
    paddle = paddle_module()
    losses = []
    network.train()
    with warnings.catch_warnings():
        # Batch normalisation warns, whenever it trains, that it does what it always does.
        warnings.filterwarnings(
            "ignore", message="When training, we now always track global mean", category=UserWarning
        )
        for arrays in batches:
            value = loss(network, *(paddle.to_tensor(array) for array in arrays))
            value.backward()
            optimizer.step()
            optimizer.clear_grad()
            losses.append(float(value))
    network.eval()
    return float(np.mean(losses))


def best_of(epochs: list[Epoch], plan: Plan) -> int:
    """Return the number of the best epoch, the earlier of two equals, counted from 0."""
    scores = [epoch.validation for epoch in epochs]
    return scores.index(min(scores) if plan.lower_is_better else max(scores))


def answers(network: Any, *arrays: NDArray[Any], size: int = 2048) -> Arrays:
    """Return the outputs of a network for all rows of its inputs, `size` rows at a time and without gradients."""
    paddle = paddle_module()
    network.eval()
    parts = []
    with paddle.no_grad():
        for start in range(0, len(arrays[0]), size):
            output = network(*(paddle.to_tensor(array[start : start + size]) for array in arrays))
            outputs = output if isinstance(output, tuple | list) else (output,)
            parts.append([tensor.numpy() for tensor in outputs])
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def export(network: Any, inputs: Mapping[str, tuple[list[int | None], str]], destination: Path) -> None:
    """Write `destination/model.json` and `model.pdiparams`; `inputs` maps forward's arguments to shape and dtype."""
    paddle = paddle_module()
    network.eval()
    # An InputSpec must bear the name of forward's argument.
    specs = [paddle.static.InputSpec(shape, dtype, name=name) for name, (shape, dtype) in inputs.items()]
    paddle.jit.save(network, str(destination / "model"), input_spec=specs)
