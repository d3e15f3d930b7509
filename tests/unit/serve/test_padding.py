from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from serving_kit.batching.padding import Padding
from serving_kit.errors import Unsupported
from serving_kit.runtime import golden
from serving_kit.serve.padding import padding_of
from serving_kit.types import ElementType, Tensor, TensorSpec
from tests.unit.served import FakeEngine, LinearEngine


class SumEngine(FakeEngine):
    """The sum of a row of any length that `limit` allows, or its mean."""

    def __init__(self, *, mean: bool = False, limit: int = 1000) -> None:
        spec = TensorSpec("x", "x", ElementType.FP32, (-1, -1))
        super().__init__((spec,), (TensorSpec("y", "y", ElementType.FP32, (-1, 1)),))
        self._sum = np.mean if mean else np.sum
        self._limit = limit

    def run(self, feeds: dict[str, Tensor]) -> dict[str, Tensor]:  # type: ignore[override]
        x = feeds["x"].array
        if x.shape[1] > self._limit:
            raise Unsupported("too long a row")
        return {"y": Tensor(self._sum(x, axis=1, keepdims=True))}


def loaded(engine: FakeEngine, folder: Path) -> SimpleNamespace:
    return SimpleNamespace(engine=engine, model=SimpleNamespace(spec=None, server_dir=folder))


def test_a_model_is_padded_only_where_that_is_asked_and_can_help(tmp_path: Path) -> None:
    assert padding_of(loaded(SumEngine(), tmp_path), "sum", "off") is None  # type: ignore[arg-type]
    assert padding_of(loaded(LinearEngine(), tmp_path), "uci", "exact") is None  # type: ignore[arg-type]
    assert padding_of(loaded(SumEngine(), tmp_path), "sum", "exact") == Padding()  # type: ignore[arg-type]


def test_the_golden_example_decides_where_there_is_one(tmp_path: Path) -> None:
    golden.write(tmp_path, {"x": Tensor(np.ones((2, 3), np.float32))}, {"y": Tensor(np.ones((2, 1), np.float32))})
    mean = loaded(SumEngine(mean=True), tmp_path)
    with pytest.raises(Unsupported, match=r"^model 'mean': .* up to 0.9"):
        padding_of(mean, "mean", "exact")  # type: ignore[arg-type]
    assert padding_of(mean, "mean", "near") == Padding()  # type: ignore[arg-type]


def test_a_model_that_takes_nothing_made_up_cannot_be_tried(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match=r"model 'sum': it takes none of the inputs made up"):
        padding_of(loaded(SumEngine(limit=0), tmp_path), "sum", "exact")  # type: ignore[arg-type]
