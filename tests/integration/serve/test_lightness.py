"""What a start loads: seconds and megabytes that a model does not need are not spent on it."""

import subprocess
import sys
from pathlib import Path

import pytest

from serving_kit.codecs import prototxt
from serving_kit.types import ElementType, TensorSpec
from tests.unit.tiny_onnx import scaled

pytestmark = pytest.mark.integration

HEAVY = {"paddle", "openvino", "cv2", "PIL", "scipy", "pandas", "matplotlib", "cramjam", "httpx", "rich", "paddle2onnx"}
LOAD = """
import sys
import serving_kit.serve.start
from serving_kit.metrics.statistics import Statistics
from serving_kit.serve.flags import parse_flags
from serving_kit.serve.models import ModelLoader
from serving_kit.serve.plan import plan_models
(model,) = ModelLoader(plan_models(parse_flags(["--model", sys.argv[1]])), 8, 0, lambda _: Statistics()).load_all()
model.executor.close()
print(model.metadata["engine"], *sys.modules)
"""


def test_an_onnx_model_is_served_without_paddle_and_what_its_start_does_not_need(tmp_path: Path) -> None:
    scaled(tmp_path / "model.onnx")
    ports = [(TensorSpec(name, name, ElementType.FP32, (-1, 2)),) for name in ("x", "y")]
    prototxt.write(tmp_path, prototxt.SERVER_CONF, *ports)
    ran = subprocess.run([sys.executable, "-c", LOAD, str(tmp_path)], check=True, stdout=subprocess.PIPE, text=True)
    engine, *loaded = ran.stdout.split()
    assert engine == "onnxruntime"
    assert HEAVY.isdisjoint(loaded)
