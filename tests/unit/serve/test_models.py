import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from serving_kit.errors import Internal, ModelFileError, ServingKitError
from serving_kit.metrics.statistics import Statistics
from serving_kit.runtime import golden
from serving_kit.runtime.options import EngineOptions
from serving_kit.serve import models
from serving_kit.serve.models import ModelLoader
from serving_kit.serve.plan import ModelPlan
from serving_kit.service.model import ServedModel
from serving_kit.types import Tensor
from tests.unit.served import FailingEngine, FakeEngine, LinearEngine

ROW = {"x": Tensor(np.ones((1, 13), np.float32))}
PRICE = {"fc_0.tmp_1": Tensor(np.full((1, 1), 13, np.float32))}


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> dict[str, FakeEngine | ServingKitError]:
    """What loading a directory gives, by its name; the test fills it."""
    found: dict[str, FakeEngine | ServingKitError] = {}

    def load(path: Path, _options: EngineOptions) -> SimpleNamespace:
        engine = found[path.name]
        if isinstance(engine, ServingKitError):
            raise engine
        model = SimpleNamespace(name=path.name, server_dir=path, inputs=engine.inputs)
        metadata = {"name": path.name, "platform": "p", "engine": "e", "engine_reason": "r"}
        return SimpleNamespace(model=model, engine=engine, metadata=lambda: metadata)

    monkeypatch.setattr(models, "load", load)
    return found


def loader(folder: Path, names: list[str], warmup_runs: int = 2) -> ModelLoader:
    plans = [ModelPlan(folder / name, None, EngineOptions(), 1, None, warmup_runs) for name in names]
    return ModelLoader(plans, 64, 0, lambda _: Statistics())


@pytest.fixture
def served() -> Iterator[list[ServedModel]]:
    """Models that are closed after the test."""
    kept: list[ServedModel] = []
    yield kept
    for model in kept:
        model.executor.close()


def test_models_load_side_by_side_and_keep_their_order(
    engines: dict[str, FakeEngine], served: list[ServedModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    both = threading.Barrier(2)

    class Meeting(LinearEngine):
        def clone(self) -> FakeEngine:
            both.wait(20)
            return LinearEngine()

    engines.update(a=Meeting(), b=Meeting())
    served += loader(tmp_path, ["a", "b"]).load_all()
    assert [model.name for model in served] == ["a", "b"]


def test_the_first_model_that_cannot_be_loaded_is_the_reason(
    engines: dict[str, FakeEngine | ServingKitError], tmp_path: Path
) -> None:
    engines.update(a=ModelFileError("a is damaged"), b=ModelFileError("b is damaged"))
    with pytest.raises(ModelFileError, match="a is damaged"):
        loader(tmp_path, ["a", "b"]).load_all()


def test_a_golden_example_that_fails_in_warm_up_ends_the_start(
    engines: dict[str, FakeEngine], tmp_path: Path, served: list[ServedModel]
) -> None:
    engines["a"] = FailingEngine()
    (tmp_path / "a").mkdir()
    golden.write(tmp_path / "a", ROW, PRICE)
    with pytest.raises(Internal, match="a fails on its golden example: axis out of range; convert it"):
        loader(tmp_path, ["a"]).load_all()
    served += loader(tmp_path, ["a"], warmup_runs=0).load_all()
    assert served


def test_a_model_without_an_example_is_warmed_with_made_up_input_as_far_as_it_takes_any(
    engines: dict[str, FakeEngine], served: list[ServedModel], tmp_path: Path
) -> None:
    runs: list[tuple[int, ...]] = []

    class Seen(LinearEngine):
        def run(self, feeds: dict[str, Tensor]) -> dict[str, Tensor]:  # type: ignore[override] # as the loader calls it
            runs.append(feeds["x"].array.shape)
            return super().run(feeds)

    engines.update(a=Seen(), b=FailingEngine())
    served += loader(tmp_path, ["a", "b"], warmup_runs=3).load_all()
    assert runs == [(1, 13)] * 3
