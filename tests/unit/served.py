"""Models small enough to check by hand, on real executors, in place of loaded ones."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from serving_kit.batching.scheduler import Scheduler
from serving_kit.service.model import ServedModel
from serving_kit.types import ElementType, Tensor, TensorSpec


@dataclass
class FakeEngine:
    """Gives back what it is told to compute; one for all threads."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def clone(self) -> "FakeEngine":
        return self

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        raise NotImplementedError


class LinearEngine(FakeEngine):
    """The house price of thirteen numbers: their sum."""

    def __init__(self) -> None:
        super().__init__(
            (TensorSpec("x", "features", ElementType.FP32, (-1, 13), finite=True),),
            (TensorSpec("fc_0.tmp_1", "price", ElementType.FP32, (-1, 1)),),
        )

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"fc_0.tmp_1": Tensor(feeds["x"].array.sum(axis=1, keepdims=True, dtype=np.float32))}


class EchoEngine(FakeEngine):
    """Packed sequences of word numbers, given back with their offsets."""

    def __init__(self) -> None:
        super().__init__(
            (TensorSpec("words", "words", ElementType.INT64, (-1, 1), is_lod=True),),
            (TensorSpec("crf.tmp_0", "tags", ElementType.INT64, (-1, 1), is_lod=True),),
        )

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"crf.tmp_0": feeds["words"]}


class FailingEngine(LinearEngine):
    """Fails as an engine does that was handed what it cannot compute."""

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        raise ValueError("axis out of range")


class GatedEngine(LinearEngine):
    """Computes once it is let go, and counts its runs."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.running = threading.Event()
        self.runs = 0

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        self.running.set()
        assert self.gate.wait(20)
        self.runs += 1
        return super().run(feeds)


def serve(engine: FakeEngine, name: str = "uci_housing", *, queue_limit: int = 64) -> ServedModel:
    """Serve an engine on one thread under a name."""
    metadata = {"name": name, "platform": "paddle 3.2.2", "provenance": "registry", "engine_reason": "agrees"}
    loaded = SimpleNamespace(model=SimpleNamespace(name=name), engine=engine, metadata=lambda: metadata)
    return ServedModel.of(loaded, Scheduler(engine, 1, queue_limit=queue_limit))  # type: ignore[arg-type]
