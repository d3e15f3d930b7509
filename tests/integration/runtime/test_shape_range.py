from pathlib import Path

import pytest

from serving_kit.runtime import shape_range
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import Tensor
from tests.unit.tiny_models import ROW, legacy_linear, with_prototxt

pytestmark = pytest.mark.integration


def test_a_child_process_leaves_the_ranges_of_a_models_shapes(tmp_path: Path) -> None:
    model = ModelDir.open(with_prototxt(legacy_linear(tmp_path / "legacy")))
    shape_range.collect(model, EngineOptions(), [{"x": Tensor(ROW)}], tmp_path / "shapes.pbtxt")
    assert 'name: "product"' in (tmp_path / "shapes.pbtxt").read_text()
