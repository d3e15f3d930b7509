"""A model of the housing model's ports that takes an engine some milliseconds, and no Paddle to start."""

import contextlib
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

from benchmarks.housing import FEED, FETCH, NAME
from serving_kit.convert import inference_model_to_serving

_WIDTH = 512
_LAYERS = 80
_OPSET, _IR = 17, 8


def make_burden(folder: Path, layers: int = _LAYERS) -> Path:
    """Write the model directory into a folder and return it; `layers` 0 is one small product."""
    generator = np.random.default_rng(0)
    width = _WIDTH if layers else 1
    wide = numpy_helper.from_array(generator.normal(size=(13, width)).astype(np.float32), "wide")
    square = numpy_helper.from_array((generator.normal(size=(width, width)) / width**0.5).astype(np.float32), "square")
    narrow = numpy_helper.from_array(np.ones((width, 1), np.float32), "narrow")
    nodes = [helper.make_node("MatMul", ["input", "wide"], ["h0"])]
    for layer in range(layers):
        nodes.append(helper.make_node("MatMul", [f"h{layer}", "square"], [f"m{layer}"]))
        nodes.append(helper.make_node("Tanh", [f"m{layer}"], [f"h{layer + 1}"]))
    nodes.append(helper.make_node("MatMul", [f"h{layers}", "narrow"], ["output"]))
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
        for name, size in (("input", 13), ("output", 1))
    ]
    graph = helper.make_graph(nodes, "burden", ports[:1], ports[1:], [wide, square, narrow])
    source = folder / "source"
    source.mkdir()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    save(model, str(source / "model.onnx"))
    server, client = (str(folder / NAME / f"serving_{side}") for side in ("server", "client"))
    with contextlib.redirect_stdout(sys.stderr):
        inference_model_to_serving(
            str(source), server, client, feed_alias_names=FEED, fetch_alias_names=FETCH, engine="onnxruntime"
        )
    return folder / NAME
