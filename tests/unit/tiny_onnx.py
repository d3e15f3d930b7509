"""ONNX models small enough to check by hand."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, ValueInfoProto, helper, numpy_helper, save

OPSET, IR = 17, 8  # an opset that no translator to Paddle reads


def port(name: str, shape: list[int | str] | None, kind: int = TensorProto.FLOAT) -> ValueInfoProto:
    """Describe an input or output; a shape of None says nothing of it."""
    return helper.make_tensor_value_info(name, kind, shape)


def scaled(path: Path, *inputs: ValueInfoProto, outputs: tuple[ValueInfoProto, ...] = ()) -> Path:
    """Write `y = x * 2`, or whatever ports are given around it, and return the path."""
    nodes = [helper.make_node("Mul", ["x", "two"], ["y"])]
    two = numpy_helper.from_array(np.array(2, "float32"), "two")
    return write(path, nodes, inputs or (port("x", ["batch", 2]),), outputs or (port("y", ["batch", 2]),), [two])


def counter(path: Path) -> Path:
    """Write a model that remembers: `sum = state + x * step`, `next = sum`; `step` is a scalar of int64."""
    nodes = [
        helper.make_node("Cast", ["step"], ["factor"], to=TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "factor"], ["part"]),
        helper.make_node("Add", ["state", "part"], ["sum"]),
        helper.make_node("Identity", ["sum"], ["next"]),
    ]
    inputs = (port("x", ["batch", 2]), port("state", ["batch", 2]), port("step", [], TensorProto.INT64))
    return write(path, nodes, inputs, (port("sum", ["batch", 2]), port("next", ["batch", 2])), [])


def write(
    path: Path,
    nodes: list[object],
    inputs: tuple[ValueInfoProto, ...],
    outputs: tuple[ValueInfoProto, ...],
    weights: list[TensorProto],
) -> Path:
    """Write a graph."""
    path.parent.mkdir(parents=True, exist_ok=True)
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR), str(path))
    return path
