from pathlib import Path

import numpy as np
import pytest

from serving_kit.runtime import golden
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.serve.check import check
from serving_kit.serve.flags import parse_flags
from serving_kit.types import Tensor
from tests.unit.tiny_models import with_prototxt

pytestmark = pytest.mark.integration


def test_a_paddle_model_is_quantised_and_served_in_int8(tmp_path: Path, own_cache: Path) -> None:
    module = paddle()
    module.seed(3)
    layer = module.nn.Sequential(module.nn.Linear(64, 64), module.nn.ReLU(), module.nn.Linear(64, 8))
    spec = module.static.InputSpec([None, 64], "float32", "x")
    module.jit.save(layer, str(tmp_path / "dense" / "model"), input_spec=[spec])
    folder = with_prototxt(tmp_path / "dense" / "model.json")
    rows = np.random.default_rng(0).normal(size=(16, 64)).astype("float32")
    (output,) = (port.name for port in ModelDir.open(folder).outputs)
    golden.write(folder, {"x": Tensor(rows)}, {output: Tensor(layer(module.to_tensor(rows)).numpy())})

    said: list[str] = []
    check(parse_flags(["check", "--model", str(folder), "--precision", "int8"]), said.append)
    assert said[-1].startswith("dense: loads with onnxruntime (int8 (static), which moves the answers by ")
    assert [path.name.startswith("dense-") for path in (own_cache / "int8").glob("dense*")] == [True]
