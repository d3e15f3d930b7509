from importlib import metadata
from pathlib import Path

import numpy as np
import onnx
import pytest

from serving_kit.errors import Unsupported
from serving_kit.runtime import onnx_export
from serving_kit.runtime.onnx_engine import OnnxEngine
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.program import Program, describe
from serving_kit.types import ElementType, Tensor, TensorSpec
from tests.unit.tiny_onnx import scaled


def files(folder: Path) -> tuple[Path, Path]:
    return folder / "model.pdmodel", folder / "model.pdiparams"


def test_a_file_is_kept_in_the_cache_by_what_it_is_made_of(
    legacy: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = onnx_export.path_of(*files(legacy))
    assert first.parent == cache_dir / "onnx"
    assert onnx_export.path_of(*files(legacy)) == first
    monkeypatch.setattr(metadata, "version", lambda _: "9.9")
    newer = onnx_export.path_of(*files(legacy))
    (legacy / "model.pdiparams").write_bytes(b"others")
    assert len({first, newer, onnx_export.path_of(*files(legacy))}) == 3


def test_one_file_a_parameter_is_refused(fluid: Path) -> None:
    with pytest.raises(Unsupported, match="one file a parameter, which paddle2onnx does not read; use --engine paddle"):
        onnx_export.path_of(fluid / "__model__", None)


def test_without_the_package_the_remedy_is_told(legacy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(Unsupported, match=r"paddle2onnx, which is not installed; install serving-kit\[zoo\]"):
        onnx_export.path_of(*files(legacy))


def test_names_become_the_programs_again(tmp_path: Path) -> None:
    path = scaled(tmp_path / "net.onnx")
    float32 = ElementType.FP32
    program = Program((TensorSpec("words", "words", float32, (-1, 2)),), (TensorSpec("y", "y", float32, (-1, 2)),), {})
    onnx_export._restore_names(path, program)
    onnx.checker.check_model(str(path))
    read = describe(path)
    assert [spec.name for spec in (*read.inputs, *read.outputs)] == ["words", "y"]
    engine = OnnxEngine.load(path, EngineOptions(), read.inputs, read.outputs)
    answer = engine.run({"words": Tensor(np.ones((1, 2), "float32"))})
    np.testing.assert_array_equal(answer["y"].array, [[2, 2]])


def test_what_cannot_be_expressed_is_found_in_the_log() -> None:
    log = "start\n[ERROR][Paddle2ONNX] [OP: flip] The axis must be fixed.\nmore\n[ERROR][Paddle2ONNX] Failed.\n"
    assert onnx_export.complaint(log) == "[OP: flip] The axis must be fixed"
    assert onnx_export.complaint("nothing of that kind") == ""
