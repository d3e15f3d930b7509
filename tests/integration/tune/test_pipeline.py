"""Engines of a pipeline's op other than Paddle: named in its configuration, or found by measurement."""

from pathlib import Path
from typing import Any

import pytest

from serving_kit.pipeline.config import LocalService
from serving_kit.pipeline.local_model import LocalModel, engine_options
from serving_kit.runtime.load import load
from tests.linear import write_linear

pytestmark = pytest.mark.integration


@pytest.fixture
def directory(tmp_path: Path) -> str:
    return str(write_linear(tmp_path / "adder", 3, feed="x", fetch="total", bias=1.0))


def answer(directory: str, options: Any) -> Any:
    return LocalModel(load(directory, options)).predict({"x": [[1, 2, 3]]})["total"].tolist()


def test_another_engine_computes_the_same(directory: str) -> None:
    options = engine_options(LocalService(model_config=directory, engine="onnxruntime", use_mkldnn=True, thread_num=1))
    assert (options.engine, options.onednn, options.cpu_threads) == ("onnxruntime", None, 1)
    assert answer(directory, options) == [[7.0]]


def test_the_fastest_engine_is_found(directory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving_kit.pipeline.local_model._TUNE_S", 4)
    options = engine_options(LocalService(model_config=directory, engine="auto", thread_num=1))
    assert options.engine in ("paddle", "onnxruntime", "openvino")
    assert options.cpu_threads == 1
    assert answer(directory, options) == [[7.0]]
