from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.runtime import backend, spread
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import Tensor


class Device:
    """An engine that answers with the number of its GPU."""

    inputs = outputs = ()

    def __init__(self, number: int) -> None:
        self.number = number

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"y": Tensor(np.array([self.number]))}

    def clone(self) -> "Device":
        return Device(self.number)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(program: Path, params: Path, options: EngineOptions, *ports: Any) -> Device:
        return Device(*options.gpu_ids or (-1,))

    monkeypatch.setattr(backend, "load", load)


def ran_on(engine: Any) -> int:
    return int(engine.run({})["y"].array[0])


@pytest.mark.usefixtures("loaded")
def test_threads_go_round_the_gpus_and_the_first_runs_what_has_no_thread(fluid: Path) -> None:
    engine = spread.load(ModelDir.open(fluid), EngineOptions(gpu_ids=(2, 5)))
    assert ran_on(engine) == 2
    assert [ran_on(engine.clone()) for _ in range(5)] == [2, 5, 2, 5, 2]


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(("gpu_ids", "runs_on"), [((3,), 3), ((), -1)])
def test_one_device_needs_no_ring(fluid: Path, gpu_ids: tuple[int, ...], runs_on: int) -> None:
    engine = spread.load(ModelDir.open(fluid), EngineOptions(gpu_ids=gpu_ids))
    assert isinstance(engine, Device)
    assert ran_on(engine) == runs_on
