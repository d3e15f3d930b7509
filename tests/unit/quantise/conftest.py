from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from onnx import helper, numpy_helper

from serving_kit.convert import child
from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.quantise import process
from serving_kit.runtime import golden
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.types import Tensor
from tests.unit import tiny_onnx
from tests.unit.tiny_models import fluid_linear, with_prototxt

SIZE = 64


@pytest.fixture(autouse=True)
def cache_dir(own_cache: Path) -> Path:
    return own_cache


@pytest.fixture
def dense(tmp_path: Path) -> ModelDir:
    """Write `y = max(0, x @ w)`, large enough that int8 makes a smaller file, with a golden example."""
    generator = np.random.default_rng(0)
    weights = generator.normal(size=(SIZE, SIZE)).astype("float32")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["p"]), helper.make_node("Relu", ["p"], ["y"])]
    ports = (tiny_onnx.port("x", ["batch", SIZE]),), (tiny_onnx.port("y", ["batch", SIZE]),)
    path = tiny_onnx.write(tmp_path / "dense" / "model.onnx", nodes, *ports, [numpy_helper.from_array(weights, "w")])
    folder = with_prototxt(path, {"y": "score"})
    rows = generator.normal(size=(4, SIZE)).astype("float32")
    golden.write(folder, {"x": Tensor(rows)}, {"y": Tensor(np.maximum(rows @ weights, 0))})
    return ModelDir.open(folder)


@pytest.fixture
def fluid(tmp_path: Path) -> Path:
    return with_prototxt(fluid_linear(tmp_path / "house"), {"y": "price"})


@pytest.fixture(autouse=True)
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quantise here and not in a child, which takes seconds to start; an integration test has the child."""

    def run(model: Path, doing: str, command: Sequence[str], reason: Callable[[str], str] = child.last_line) -> None:
        try:
            process.quantise(Path(command[-1]))
        except Unsupported as error:
            raise ModelFileError(f"{model} cannot be {doing}: {error}") from None

    monkeypatch.setattr(child, "run", run)
