import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

from serving_kit.convert.onnx_rewrite import replace_hard_swish


def run(model: onnx.ModelProto, array: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": array})[0]


def test_hard_swish_is_rewritten_without_changing_an_answer() -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])
    nodes = [
        helper.make_node("HardSwish", ["x"], ["once"]),
        helper.make_node("Neg", ["once"], ["minus"]),
        helper.make_node("HardSwish", ["minus"], ["y"]),
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "g", [x], [y]), opset_imports=[helper.make_opsetid("", 14)], ir_version=8
    )
    numbers = np.linspace(-5, 5, 41, dtype="float32")
    before = run(model, numbers)
    assert replace_hard_swish(model) == 2
    assert {node.op_type for node in model.graph.node} == {"HardSigmoid", "Mul", "Neg"}
    np.testing.assert_allclose(run(model, numbers), before, atol=1e-6)
    assert replace_hard_swish(model) == 0
