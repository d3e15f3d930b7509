import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from serving_kit.convert import convert_model
from serving_kit.errors import BadInput, Internal, ModelFileError
from serving_kit.runtime import golden
from serving_kit.runtime.framework import program_messages
from serving_kit.runtime.load import load
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.spec import Golden, Port, Spec
from serving_kit.types import ElementType, Tensor
from tests.unit.tiny_models import ROW, ROW_ANSWER, echo, fluid_linear

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("own_cache")]
SPEC = Spec(name="tiny")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models" / "tiny"


def port(name: str = "x", dtype: str = "float32", shape: tuple[int, ...] = (-1, 3)) -> Port:
    return Port(name=name, alias=name, dtype=dtype, shape=shape, finite=True)


def onnx_model(path: Path, *operations: str, opset: int = 13) -> Path:
    """Write a chain of operations on a `[1, 3, 8, 8]` input called `in put` to an output called `out.put`."""
    names = ["in put", *(f"step{number}" for number in range(1, len(operations))), "out.put"]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in (names[0], names[-1])]
    nodes = [helper.make_node(kind, [names[n]], [names[n + 1]]) for n, kind in enumerate(operations)]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), str(path))
    return path


def test_a_paddle_model_brings_its_own_answer(tmp_path: Path, out: Path) -> None:
    spec = Spec(name="tiny", inputs=(port(),), golden=Golden(atol=0.5, made_by="nobody yet"))
    made = convert_model(
        fluid_linear(tmp_path / "in").parent,
        out,
        spec=spec,
        format="fluid",
        feed_aliases={"x": "numbers"},
        fetch_aliases={"y": "price"},
        golden_inputs={"numbers": Tensor(ROW)},
    )
    assert made == out
    model = load(out).model
    assert (model.name, model.inputs[0].alias, model.inputs[0].finite) == ("tiny", "numbers", True)
    assert model.spec is not None
    assert model.spec.golden == Golden(atol=0.5, made_by="paddle 3.2.2 without oneDNN")
    assert set(model.spec.files) == {"model.pdmodel", "params.pdiparams", "golden.npz"}
    example = golden.read(model.server_dir)
    assert example is not None
    assert example[1]["y"].array == ROW_ANSWER


def test_outputs_have_the_types_they_really_have(tmp_path: Path, out: Path) -> None:
    """A fluid-era program calls its scaled output float32 whatever it computes."""
    program = echo(tmp_path / "in", ElementType.INT64, lod=True)
    messages = program_messages()
    message = messages.ProgramDesc.FromString(program.read_bytes())
    (output,) = (var for var in message.blocks[0].vars if var.name == "y")
    output.type.dense_tensor.tensor.data_type = messages.VarType.FP32
    program.write_bytes(message.SerializeToString())
    rows = Tensor(np.arange(6).reshape(3, 2), (0, 1, 3))
    (fetch,) = ModelDir.open(convert_model(program, out, spec=SPEC, golden_inputs={"x": rows})).outputs
    assert (fetch.element_type, fetch.is_lod) == (ElementType.INT64, True)
    assert "fetch_type: 0" in (out / "serving_client" / "serving_client_conf.prototxt").read_text()


def test_an_onnx_model_is_compared_with_onnx_runtime(tmp_path: Path, out: Path) -> None:
    path = onnx_model(tmp_path / "net.onnx", "HardSwish", "Neg", opset=14)
    array = np.linspace(-4, 4, 192, dtype="float32").reshape(1, 3, 8, 8)
    convert_model(
        path, out, spec=SPEC, feed_aliases={"in put": "image"}, golden_inputs={"image": Tensor(array)}, threshold=1e-5
    )
    model = load(out)
    assert (model.model.inputs[0].alias, model.model.outputs[0].alias) == ("image", "out.put")
    (answer,) = model.engine.run({model.model.inputs[0].name: Tensor(array)}).values()
    np.testing.assert_allclose(answer.array, -array * np.clip(array / 6 + 0.5, 0, 1), atol=1e-5)
    conversion = json.loads((out / "serving_server" / "spec.json").read_text())["conversion"]
    assert conversion.pop("max_abs_difference") < 1e-5
    assert conversion == {
        "source_format": "onnx",
        "converter": "x2paddle 1.6.0",
        "compared_with": "onnxruntime 1.32.0",
        "threshold": 1e-5,
        "quantisation": None,
    }


def test_without_an_example_onnx_is_compared_on_made_up_input(tmp_path: Path, out: Path) -> None:
    convert_model(onnx_model(tmp_path / "net.onnx", "Relu"), out, spec=SPEC)
    spec = ModelDir.open(out).spec
    assert spec is not None
    assert spec.golden is None
    assert spec.conversion is not None
    assert spec.conversion.max_abs_difference == 0.0


def test_an_answer_too_far_from_its_source_is_not_published(tmp_path: Path, out: Path) -> None:
    with pytest.raises(Internal, match=r"net\.onnx came out wrong: its answer is .* away from that of onnxruntime"):
        convert_model(onnx_model(tmp_path / "net.onnx", "Tanh"), out, spec=SPEC, threshold=-1.0)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("operations", "opset", "complaint"),
    [
        (("Relu",), 17, "it has opset 17; export it with one of 7 to 15"),
        (("Celu", "Relu"), 13, "x2paddle has no translation for Celu; rewrite"),
    ],
)
def test_what_cannot_be_translated_is_one_sentence(
    tmp_path: Path, out: Path, operations: tuple[str, ...], opset: int, complaint: str
) -> None:
    with pytest.raises(ModelFileError, match=rf"net\.onnx cannot be converted: .*{complaint}") as caught:
        convert_model(onnx_model(tmp_path / "net.onnx", *operations, opset=opset), out, spec=SPEC)
    assert "\n" not in str(caught.value)
    assert list(out.parent.iterdir()) == []


def test_a_file_that_is_no_onnx_is_one_sentence(tmp_path: Path, out: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\xff" * 99)
    with pytest.raises(ModelFileError, match=r"net\.onnx cannot be converted"):
        convert_model(tmp_path / "net.onnx", out, spec=SPEC)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("wishes", "complaint"),
    [
        ({"feed_aliases": {"z": "a"}}, r"has no tensor \['z'\]; it has \['x'\]"),
        ({"golden_inputs": {"z": Tensor(ROW)}}, r"has no tensor \['z'\]"),
        ({"spec": Spec(name="t", inputs=(port(dtype="int64"),))}, "said to be int64"),
        ({"spec": Spec(name="t", inputs=(port(shape=(-1, 4)),))}, r"\[-1, 4\]"),
        ({"spec": Spec(name="t", outputs=(port(name="z"),))}, r"\['z'\]"),
    ],
)
def test_names_and_shapes_the_model_does_not_have_are_refused(
    tmp_path: Path, out: Path, wishes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        convert_model(fluid_linear(tmp_path / "in"), out, **{"spec": SPEC, **wishes})  # type: ignore[arg-type]
    assert list(out.parent.iterdir()) == []


def test_an_example_the_model_refuses_is_one_sentence(tmp_path: Path, out: Path) -> None:
    with pytest.raises(
        ModelFileError, match=r"does not answer its example: paddle 3\.2\.2, running, the engine failed"
    ):
        convert_model(
            fluid_linear(tmp_path / "in"), out, spec=SPEC, golden_inputs={"x": Tensor(np.ones((2, 5), "float32"))}
        )
    assert list(out.parent.iterdir()) == []
