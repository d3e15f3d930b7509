"""PyTorch in its own environment: what a program answers, and TorchScript all the way to a served directory."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from serving_kit.convert import convert_model, torch_runtime
from serving_kit.errors import Internal, ModelFileError
from serving_kit.runtime.load import load
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.spec import Spec
from serving_kit.types import Tensor
from tests.unit.tiny_models import ROW, fluid_linear

pytestmark = pytest.mark.integration

PROGRAM = """
def answer(torch, weights, inputs):
    return {"y": inputs["x"] @ weights["w"].T}

def build(torch, weights):
    layer = torch.nn.Linear(3, 2, bias=False)
    layer.load_state_dict({"weight": weights["w"]})
    return torch.nn.Sequential(layer, torch.nn.Sigmoid()), {"x": torch.zeros(1, 3)}, ["chance"]
"""
WEIGHTS = np.array([[1, 2, 3], [0, -1, 0.5]], "float32")
ROWS = np.array([[1, 0, 1], [0.5, 2, -1]], "float32")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "linear.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    save_file({"w": WEIGHTS}, tmp_path / "weights")
    return tmp_path / "weights"


def test_a_program_answers_with_the_weights_by_name(program: Path, weights: Path) -> None:
    reference = torch_runtime.reference(program, weights, "safetensors")
    assert (reference.source_format, reference.made_by) == ("safetensors", torch_runtime.version())
    np.testing.assert_allclose(reference.answer({"x": Tensor(ROWS)})["y"].array, ROWS @ WEIGHTS.T, rtol=1e-6)


def test_an_answer_too_far_from_pytorchs_is_not_published(tmp_path: Path, program: Path, weights: Path) -> None:
    reference = torch_runtime.reference(program, weights)
    inputs = {"x": Tensor(ROW)}
    source = fluid_linear(tmp_path / "in")
    (tmp_path / "models").mkdir()
    # The stand-in answers [1, 1], the program [1, 2]: as far apart as answers can be.
    with pytest.raises(Internal, match=r"its answer is inf away from that of torch"):
        convert_model(
            source,
            tmp_path / "models" / "m",
            spec=Spec(name="m"),
            golden_inputs=inputs,
            threshold=1.0,
            reference=reference,
        )
    assert list((tmp_path / "models").iterdir()) == []


def test_torchscript_becomes_a_model_that_was_compared(tmp_path: Path, program: Path, weights: Path) -> None:
    torch_runtime.trace(program, weights, tmp_path / "net.pt")
    made = convert_model(
        tmp_path / "net.pt", tmp_path / "made", spec=Spec(name="net"), golden_inputs={"x": Tensor(ROWS)}, threshold=1e-6
    )
    model = load(made)
    (answer,) = model.engine.run({model.model.inputs[0].name: Tensor(ROWS)}).values()
    np.testing.assert_allclose(answer.array, 1 / (1 + np.exp(-ROWS @ WEIGHTS.T)), rtol=1e-5)
    opened = ModelDir.open(made)
    assert ([port.alias for port in opened.inputs], [port.alias for port in opened.outputs]) == (["x"], ["chance"])
    assert opened.spec is not None and opened.spec.conversion is not None
    assert (opened.spec.conversion.source_format, opened.spec.conversion.compared_with) == (
        "torchscript",
        torch_runtime.version(),
    )


def test_a_state_dict_is_no_torchscript(tmp_path: Path, weights: Path) -> None:
    with pytest.raises(ModelFileError, match="it is no TorchScript"):
        convert_model(weights.rename(tmp_path / "net.pt"), tmp_path / "made", spec=Spec(name="net"))


def test_a_program_that_does_not_fit_its_weights_is_one_sentence(tmp_path: Path, program: Path) -> None:
    save_file({"other": WEIGHTS}, tmp_path / "weights")
    with pytest.raises(ModelFileError, match="cannot be run by PyTorch: KeyError: 'w'"):
        torch_runtime.trace(program, tmp_path / "weights", tmp_path / "net.pt")
