"""Real models of every format through the real child process."""

from pathlib import Path

import pytest

from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.runtime import verdict
from serving_kit.runtime.load import load
from serving_kit.runtime.options import EngineOptions
from serving_kit.spec import Provenance, Spec
from serving_kit.types import Tensor
from tests.unit.tiny_models import ROW, ROW_ANSWER, fluid_linear, pir_conv, with_prototxt

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("own_cache")]


def refuse_to_try(*_: object, **__: object) -> None:
    raise AssertionError("a child process was started")


def test_a_model_is_tried_once_and_says_what_became_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = with_prototxt(fluid_linear(tmp_path / "house"), {"y": "price"})
    Spec(name="house", title="Prices", task="regression", provenance=Provenance.TRAINED, licence="MIT").write(folder)
    load(folder)
    monkeypatch.setattr(verdict, "try_stages", refuse_to_try)
    model = load(folder)
    assert model.engine.run({"x": Tensor(ROW)})["y"].array == ROW_ANSWER
    assert model.metadata() == {
        "name": "house",
        "title": "Prices",
        "task": "regression",
        "provenance": "trained",
        "source": "",
        "licence": "MIT",
        "platform": "paddle 3.2.2",
        "engine": "paddle+onednn",
        "engine_reason": "oneDNN agrees with the answer without it within 0",
        "inputs": [{"name": "x", "alias": "x", "dtype": "float32", "shape": [-1, 3], "lod": False}],
        "outputs": [{"name": "y", "alias": "price", "dtype": "float32", "shape": [-1, 1], "lod": False}],
    }


def test_a_model_with_open_axes_finds_a_size_and_onednn_agrees(tmp_path: Path) -> None:
    model = load(with_prototxt(pir_conv(tmp_path)))
    assert model.verdict.onednn
    assert model.verdict.max_abs_difference < 1e-4


def test_what_paddle_cannot_load_is_refused_in_the_child(tmp_path: Path) -> None:
    program = fluid_linear(tmp_path / "house")
    program.write_bytes(program.read_bytes().replace(b"elementwise_add", b"elementwise_odd"))
    with pytest.raises(ModelFileError, match=r"house cannot be loaded .*elementwise_odd.*; one of its"):
        load(with_prototxt(program))


def test_a_gpu_is_refused_before_anything_is_read() -> None:
    with pytest.raises(Unsupported, match="--gpu_ids cannot be honoured"):
        load("nowhere", EngineOptions(gpu_ids=(0,)))


def test_a_folder_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"holds no serving_server_conf\.prototxt"):
        load(tmp_path)
