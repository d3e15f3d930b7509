import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.runtime.program import describe
from serving_kit.types import ElementType, TensorSpec
from tests.unit.tiny_onnx import counter, port, scaled


def test_axes_that_a_model_names_are_open_and_a_scalar_has_none(tmp_path: Path) -> None:
    program = describe(counter(tmp_path / "net.onnx"))
    assert program.inputs == (
        TensorSpec("x", "x", ElementType.FP32, (-1, 2)),
        TensorSpec("state", "state", ElementType.FP32, (-1, 2)),
        TensorSpec("step", "step", ElementType.INT64, ()),
    )
    assert [spec.name for spec in program.outputs] == ["sum", "next"]
    assert program.parameters == {}


def test_weights_that_are_listed_as_inputs_are_none(tmp_path: Path) -> None:
    path = scaled(tmp_path / "net.onnx", port("x", ["batch", 2]), port("two", []))
    assert [spec.name for spec in describe(path).inputs] == ["x"]


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        (
            port("y", ["batch"], TensorProto.STRING),
            r"'y' is of type STRING; export the model with one of FLOAT, DOUBLE",
        ),
        (port("y", ["batch"], TensorProto.BFLOAT16), "'y' is of type BFLOAT16"),
        (port("y", ["batch"], TensorProto.UINT16), "'y' is of type UINT16"),
        (helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None), "'y' is of type sequence"),
        (port("y", None), "'y' does not say how many axes it has"),
    ],
)
def test_what_cannot_travel_is_refused_by_name(tmp_path: Path, output: onnx.ValueInfoProto, complaint: str) -> None:
    with pytest.raises(Unsupported, match=rf"net\.onnx: {complaint}"):
        describe(scaled(tmp_path / "net.onnx", outputs=(output,)))


@pytest.mark.parametrize("keep", [0, 20, 100])
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, keep: int) -> None:
    path = scaled(tmp_path / "net.onnx")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ModelFileError, match=r"net\.onnx .*(is no whole ONNX model|without inputs or outputs)"):
        describe(path)


def test_weights_in_other_files_are_refused_in_branches_too(tmp_path: Path) -> None:
    outside = numpy_helper.from_array(np.zeros(2, "float32"), "w")
    outside.data_location = TensorProto.EXTERNAL
    path = scaled(tmp_path / "net.onnx")
    model = onnx.load(str(path))
    branch = helper.make_graph([], "branch", [], [port("w", [2])], [outside])
    model.graph.node.append(helper.make_node("If", ["x"], ["z"], then_branch=branch, else_branch=branch))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match="keeps weights in other files; save the model as one file"):
        describe(path)


def test_without_the_package_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = scaled(tmp_path / "net.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(Unsupported, match=r"net\.onnx is an ONNX model, which needs onnx; install serving-kit\[zoo\]"):
        describe(path)
