from pathlib import Path
from typing import Any

import pytest

from serving_kit.runtime import backend
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.tune import FILENAME, Machine, Result, tuned, tuner
from serving_kit.tune.result import Refusal, files_of
from tests.unit.tiny_models import legacy_linear, with_prototxt
from tests.unit.tune.candidates import measured, result


@pytest.fixture
def model(tmp_path: Path, own_cache: Path) -> ModelDir:
    return ModelDir.open(with_prototxt(legacy_linear(tmp_path / "house")))


def found(model: ModelDir, **fields: Any) -> Result:
    versions = {engine: backend.installed(engine) for engine in ("onnxruntime", "openvino", "paddle")}
    here = {"files": files_of(model), "machine": Machine.here(), "versions": versions}
    return result(measured(10, 100), **here | fields)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Result]:
    """Let the tuner find what is put here, from the end."""
    left: list[Result] = []
    monkeypatch.setattr(tuner, "tune", lambda *_, **__: left.pop())
    return left


def test_what_was_found_is_remembered(model: ModelDir, runs: list[Result]) -> None:
    runs.append(found(model))
    first = tuned(model, budget_s=1)
    assert tuned(model, budget_s=1) == first
    assert not runs


def test_a_result_that_was_cut_short_is_not_remembered(model: ModelDir, runs: list[Result]) -> None:
    refusal = Refusal(engine="openvino", precision="fp32", reason="not tried", for_good=False)
    runs += [found(model), found(model, refusals=(refusal,))]
    assert not tuned(model, budget_s=1).is_whole
    assert tuned(model, budget_s=1).is_whole
    assert not runs


@pytest.mark.parametrize("wish", [{"threads": 2}, {"precision": "bf16"}, {"cores": 64}])
def test_other_wishes_are_measured_for_themselves(model: ModelDir, runs: list[Result], wish: dict[str, Any]) -> None:
    runs += [found(model), found(model)]
    tuned(model, budget_s=1)
    tuned(model, budget_s=1, **wish)
    assert not runs


def test_the_models_own_file_counts_while_it_fits(model: ModelDir, runs: list[Result]) -> None:
    found(model, budget_s=99).write(model.server_dir / FILENAME)
    assert tuned(model, budget_s=1).budget_s == 99
    runs.append(found(model))
    found(model, budget_s=99, files="e" * 64).write(model.server_dir / FILENAME)
    assert tuned(model, budget_s=1).budget_s == 60


def test_a_damaged_file_is_measured_over(model: ModelDir, runs: list[Result]) -> None:
    (model.server_dir / FILENAME).write_text("{")
    runs.append(found(model))
    assert tuned(model, budget_s=1).budget_s == 60
