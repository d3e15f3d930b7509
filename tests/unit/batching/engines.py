"""Engines for these tests: they add up, wait to be let go, fail on order, and remember what they were given."""

import threading
from collections.abc import Mapping

import numpy as np

from serving_kit.types import ElementType, Tensor, TensorSpec


class DoublingEngine:
    """Answers y = 2 x; fails on a batch that holds the number 13; waits at `gate` before each run."""

    def __init__(self, output_shape: tuple[int, ...] = (-1, 1)) -> None:
        self.inputs = (TensorSpec("x", "x", ElementType.FP32, (-1, -1)),)
        self.outputs = (TensorSpec("y", "y", ElementType.FP32, output_shape),)
        self.runs: list[int] = []
        self.gate = threading.Event()
        self.running = threading.Event()
        self.clones: list[int] = []

    def clone(self) -> "DoublingEngine":
        self.clones.append(threading.get_ident())
        return self

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        self.running.set()
        assert self.gate.wait(20)
        x = feeds["x"]
        self.runs.append(len(x.array))
        if np.any(x.array == 13):
            raise ValueError("thirteen is not served\nand a second line")
        return {"y": Tensor(np.multiply(x.array, 2), x.lod)}


class CountingEngine(DoublingEngine):
    """Answers one row however many instances it is given, so its runs cannot be taken apart."""

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        super().run(feeds)
        return {"y": Tensor(np.array([[feeds["x"].array.sum()]]))}


class NonsenseEngine(DoublingEngine):
    """Answers with something that is no tensor."""

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        super().run(feeds)
        return {"y": "nonsense"}  # type: ignore[dict-item]


def rows(*values: float) -> dict[str, Tensor]:
    """Feeds of one row a value."""
    return {"x": Tensor(np.array([[value] for value in values], np.float32))}
