from pathlib import Path

import pytest

from serving_kit.convert.source import Source, locate
from serving_kit.errors import BadInput, ModelFileError, NotFound
from tests.unit.tiny_models import fluid_linear, legacy_linear, pir_linear


def test_every_format_is_told_by_its_files(tmp_path: Path) -> None:
    fluid, legacy = fluid_linear(tmp_path / "a"), legacy_linear(tmp_path / "b")
    pir = pir_linear(tmp_path / "c")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "net.onnx").touch()
    onnx = tmp_path / "d" / "net.onnx"
    found = [
        (fluid, Source("fluid", fluid, None)),
        (legacy, Source("pdmodel", legacy, legacy.with_suffix(".pdiparams"))),
        (pir, Source("pir", pir, pir.with_suffix(".pdiparams"))),
        (onnx, Source("onnx", onnx, None)),
    ]
    for path, source in found:
        assert locate(path) == locate(path.parent) == locate(path, source.format) == source


def test_the_wrong_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"__model__ is a model of format fluid, not onnx"):
        locate(fluid_linear(tmp_path), "onnx")


def test_nothing_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no model"):
        locate(tmp_path / "none")


def test_a_folder_of_other_things_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    with pytest.raises(ModelFileError, match="holds no program"):
        locate(tmp_path)
