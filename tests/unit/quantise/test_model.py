from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput, ModelFileError, Unsupported
from serving_kit.quantise import recipe
from serving_kit.quantise.__main__ import main
from serving_kit.quantise.model import quantise_model
from serving_kit.runtime import golden, onnx_engine, verdict
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.trial import Outcome, Step
from serving_kit.spec import Spec
from serving_kit.types import ElementType, Tensor
from tests.unit import tiny_onnx
from tests.unit.tiny_models import echo, with_prototxt


def test_a_quantised_model_is_smaller_answers_nearly_the_same_and_says_by_how_much(
    dense: ModelDir, tmp_path: Path
) -> None:
    (dense.server_dir / "labels.txt").write_text("a\nb\n")
    Spec(name="dense", title="A title", labels="labels.txt").write(dense.server_dir)
    made = quantise_model(dense.server_dir, tmp_path / "out")
    assert made.recipe == "static"
    assert made.bytes_after < made.bytes_before / 2
    assert 0 < made.outputs["y"].relative < 0.05
    assert made.outputs["y"].agreement == 1.0

    model = ModelDir.open(tmp_path / "out")
    assert model.spec
    assert model.spec.title == "A title"
    assert model.spec.conversion
    assert model.spec.conversion.quantisation == made
    assert model.outputs[0].alias == "score"
    assert (model.server_dir / "labels.txt").is_file()
    assert (tmp_path / "out" / "serving_client").is_dir()

    example = golden.read(model.server_dir)
    assert example
    answer = onnx_engine.OnnxEngine.load(model.program, EngineOptions(), model.inputs, model.outputs).run(example[0])
    assert model.spec.golden
    assert golden.agrees(answer, example[1], atol=model.spec.golden.atol, rtol=0)
    assert not golden.agrees(answer, example[1], atol=1e-6, rtol=0)


def test_the_first_recipe_within_the_threshold_wins(
    dense: ModelDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unable = replace(recipe.RECIPES[0], name="unable", calibration="no such method")
    monkeypatch.setattr(recipe, "RECIPES", (unable, *recipe.RECIPES[1:]))
    assert quantise_model(dense.server_dir, tmp_path / "out").recipe == recipe.RECIPES[1].name


def test_a_model_that_moves_too_far_is_refused_with_the_figures_and_leaves_nothing(
    dense: ModelDir, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match=r"within 1e-06 \(static: the answers move by 0\.\d+ of their size; "):
        quantise_model(dense.server_dir, tmp_path / "out", threshold=1e-6)
    assert not (tmp_path / "out").exists()


def test_a_file_that_answers_otherwise_than_the_model_or_not_at_all_is_refused(dense: ModelDir, tmp_path: Path) -> None:
    inputs, outputs = golden.read(dense.server_dir) or ({}, {})
    golden.write(dense.server_dir, inputs, {"y": Tensor(outputs["y"].array * 2)})
    with pytest.raises(ModelFileError, match=r"written as ONNX it answers otherwise, by 0\.5 of its size"):
        quantise_model(dense.server_dir, tmp_path / "out")
    golden.write(dense.server_dir, {"x": Tensor(inputs["x"].array[:, :7])}, outputs)
    with pytest.raises(ModelFileError, match=r"written as ONNX it does not run \(the engine failed: .*\)$"):
        quantise_model(dense.server_dir, tmp_path / "out")


def test_what_has_nothing_to_quantise_is_refused(tmp_path: Path) -> None:
    folder = with_prototxt(tiny_onnx.scaled(tmp_path / "scaled" / "model.onnx"))
    np.savez(tmp_path / "a.npz", x=np.ones((1, 2), "float32"))
    with pytest.raises(ModelFileError, match="next to nothing in the model can be int8"):
        quantise_model(folder, tmp_path / "out", samples=[tmp_path / "a.npz"])


def test_models_that_onnx_cannot_hold_are_refused(tmp_path: Path, fluid: Path) -> None:
    packed = with_prototxt(echo(tmp_path / "lac", ElementType.FP32, lod=True))
    with pytest.raises(Unsupported, match=r"lac cannot be quantised: 'x' holds sequences of different lengths \(LoD\)"):
        quantise_model(packed, tmp_path / "out")
    with pytest.raises(Unsupported, match="house cannot be quantised: it keeps one file a parameter"):
        quantise_model(fluid, tmp_path / "out")


def test_a_model_is_neither_quantised_twice_nor_onto_itself(dense: ModelDir, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is the model itself"):
        quantise_model(dense.server_dir, dense.server_dir)
    quantise_model(dense.server_dir, tmp_path / "out")
    with pytest.raises(BadInput, match="is quantised already"):
        quantise_model(tmp_path / "out", tmp_path / "again")


def test_the_command_prints_what_it_did(dense: ModelDir, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(dense.server_dir), "-o", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("int8 (static) from 1 sample: 0.0 MB before, 0.0 MB after\ny: differs from fp32 by ")
    assert main([str(tmp_path / "absent"), "-o", str(tmp_path / "out")]) == 2
    assert "there is no model directory" in capsys.readouterr().err


def test_a_server_tells_clients_what_int8_does_to_the_answers(
    dense: ModelDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = golden.read(dense.server_dir)
    assert example
    tried = {"plain": Outcome(Step.DONE, answer=example[1])}
    monkeypatch.setattr(verdict, "try_stages", lambda *_, **__: tried)
    made = quantise_model(dense.server_dir, tmp_path / "out")
    reason = verdict.decide(ModelDir.open(tmp_path / "out"), EngineOptions()).reason
    assert reason == f"{made.summary()}: 0 away from the golden answer"
    assert reason.startswith("int8 (static), which moves the answers by ")


@pytest.mark.parametrize(("flags", "keep"), [({"avx2"}, True), ({"avx2", "avx512_vnni"}, False)])
def test_weights_keep_to_7_bits_where_products_would_overflow(
    flags: set[str], keep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "cpu_flags", lambda: frozenset(flags))
    assert recipe.weights_keep_to_7_bits() is keep
