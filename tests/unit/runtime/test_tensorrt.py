from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.runtime import golden, shape_range, tensorrt
from serving_kit.runtime.config import SHAPES_FILENAME
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import Tensor
from tests.unit.tiny_models import ROW, ROW_ANSWER

ON_GPU = EngineOptions(gpu_ids=(0,), use_trt=True)


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """Collect nothing, but note the samples of each time."""
    times: list[list[Any]] = []

    def collect(model: ModelDir, options: EngineOptions, samples: list[Any], target: Path) -> None:
        times.append(samples)
        target.touch()

    monkeypatch.setattr(shape_range, "collect", collect)
    return times


@pytest.fixture
def model(legacy: Path) -> ModelDir:
    golden.write(legacy, {"x": Tensor(np.repeat(ROW, 2, 0))}, {"y": Tensor(np.repeat(ROW_ANSWER, 2, 0))})
    return ModelDir.open(legacy)


def test_ranges_are_collected_once_into_a_folder_of_the_models_own(
    model: ModelDir, collected: list[list[Any]], cache_dir: Path
) -> None:
    prepared = tensorrt.prepare(model, ON_GPU)
    assert Path(prepared.trt_dir).parent == cache_dir / "tensorrt"
    assert tensorrt.prepare(model, ON_GPU) == prepared
    assert [len(samples) for samples in collected] == [1]
    assert (
        tensorrt.prepare(model, EngineOptions(gpu_ids=(0,), use_trt=True, precision="fp16")).trt_dir != prepared.trt_dir
    )


def test_a_model_without_samples_keeps_its_shapes_fixed(legacy: Path, collected: list[list[Any]]) -> None:
    assert tensorrt.prepare(ModelDir.open(legacy), ON_GPU).trt_dir
    assert collected == []


def test_what_is_not_for_tensorrt_stays_as_it_is(model: ModelDir, collected: list[list[Any]]) -> None:
    assert tensorrt.prepare(model, EngineOptions()) == EngineOptions()
    assert collected == []


def test_a_pir_program_is_refused(pir: Path) -> None:
    with pytest.raises(
        Unsupported, match=r"--use_trt cannot be honoured: .* is a PIR program, which Paddle 3 prepares"
    ):
        tensorrt.prepare(ModelDir.open(pir), ON_GPU)


def test_every_sample_is_run_in_several_batch_sizes_and_paddle_writes_the_ranges(
    model: ModelDir, tmp_path: Path
) -> None:
    target = tmp_path / SHAPES_FILENAME
    samples = golden.read(model.server_dir)
    assert samples
    request = shape_range.Request(
        program=model.program,
        params=model.params,
        inputs=model.inputs,
        outputs=model.outputs,
        options=EngineOptions(),  # Paddle collects on the CPU as it does on a GPU
        target=target,
    )
    shape_range.run(request, [samples[0]])
    (x,) = [part for part in target.read_text().split("shape_range_info") if 'name: "x"' in part]
    assert x.count("min_shape: 1\n") == 1
    assert x.count("max_shape: 8\n") == 1


@pytest.mark.parametrize(
    ("ended", "why"),
    [
        (
            CompletedProcess([], 1, b"", b"Traceback\nInvalidArgumentError: The width is 7. (at mul.cc:1)\n"),
            "width is 7",
        ),
        (TimeoutExpired([], 9), "no result within 120 s"),
    ],
)
def test_a_model_that_does_not_take_its_own_samples_is_named(
    model: ModelDir,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ended: CompletedProcess[bytes] | Exception,
    why: str,
) -> None:
    monkeypatch.setattr(shape_range.subprocess, "run", Mock(side_effect=[ended]))
    with pytest.raises(ModelFileError, match=rf"the shapes of .*legacy for TensorRT cannot be found \(.*{why}\)"):
        shape_range.collect(model, EngineOptions(), [{"x": Tensor(ROW)}], tmp_path / SHAPES_FILENAME)
