"""Paddle models small enough to check by hand; Paddle 3 writes PIR only, so older formats are built here."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.codecs import prototxt
from serving_kit.runtime.framework import paddle, program_messages
from serving_kit.runtime.program import describe
from serving_kit.types import ElementType

WEIGHTS = {
    "fc_0.b_0": np.array([0.5], "float32"),
    "fc_0.w_0": np.arange(3, dtype="float32").reshape(3, 1),
}
ROW = np.array([[1.0, 2.0, 3.0]], "float32")
ROW_ANSWER = np.array([[8.5]], "float32")


def fluid_linear(folder: Path) -> Path:
    """Write `y = x @ w + b` as a fluid-era directory, one file a parameter, and return the program."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in WEIGHTS.items():
        (folder / name).write_bytes(serialized(array))
    return write_program(folder / "__model__", _linear())


def legacy_linear(folder: Path) -> Path:
    """Write the same as `model.pdmodel` and `model.pdiparams`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.pdiparams").write_bytes(b"".join(serialized(WEIGHTS[name]) for name in sorted(WEIGHTS)))
    return write_program(folder / "model.pdmodel", _linear())


def echo(folder: Path, element_type: ElementType, *, lod: bool = False) -> Path:
    """Write a model that gives its `[-1, 2]` input back, in one type, with or without LoD."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {"x": (element_type, (-1, 2), lod), "y": (element_type, (-1, 2), lod)}
    operations = [("assign", {"X": "x"}, {"Out": "y"}, {})]
    return write_program(folder / "__model__", build_program(names, operations, feeds=["x"], fetches=["y"]))


def pir_linear(folder: Path) -> Path:
    """Export the linear model as Paddle 3 does, and return the program."""
    module = paddle()
    layer = module.nn.Linear(3, 1)
    layer.set_state_dict({"weight": WEIGHTS["fc_0.w_0"], "bias": WEIGHTS["fc_0.b_0"]})
    module.jit.save(layer, str(folder / "model"), input_spec=[module.static.InputSpec([None, 3], "float32", "input")])
    return folder / "model.json"


def pir_conv(folder: Path) -> Path:
    """Export a padded 3x3 convolution that takes pictures of any size."""
    module = paddle()
    module.seed(7)
    spec = module.static.InputSpec([None, 3, None, None], "float32", "x")
    module.jit.save(module.nn.Conv2D(3, 4, 3, padding=1), str(folder / "model"), input_spec=[spec])
    return folder / "model.json"


def with_prototxt(program: Path, aliases: Mapping[str, str] | None = None) -> Path:
    """Write `serving_server_conf.prototxt` beside a program and return the folder."""
    described = describe(program)
    sides = [[_alias(spec, aliases or {}) for spec in side] for side in (described.inputs, described.outputs)]
    prototxt.write(program.parent, prototxt.SERVER_CONF, *sides)
    return program.parent


def _alias(spec: Any, aliases: Mapping[str, str]) -> Any:
    return type(spec)(spec.name, aliases.get(spec.name, spec.name), spec.element_type, spec.shape, spec.is_lod)


def serialized(array: np.ndarray[Any, Any]) -> bytes:
    """Return a tensor as Paddle stores parameters."""
    paddle()
    kinds = program_messages().VarType
    kind = kinds.Type.Value(ElementType.of(array.dtype).name)
    desc = kinds.TensorDesc(data_type=kind, dims=array.shape).SerializeToString()
    return struct.pack("<IQIi", 0, 0, 0, len(desc)) + desc + array.tobytes()


def write_program(path: Path, program: Any) -> Path:
    path.write_bytes(program.SerializeToString())
    return path


def _linear() -> Any:
    names = {
        "x": (ElementType.FP32, (-1, 3), False),
        "product": (ElementType.FP32, (-1, 1), False),
        "y": (ElementType.FP32, (-1, 1), False),
        "fc_0.w_0": (ElementType.FP32, (3, 1), None),
        "fc_0.b_0": (ElementType.FP32, (1,), None),
    }
    operations = [
        ("mul", {"X": "x", "Y": "fc_0.w_0"}, {"Out": "product"}, {"x_num_col_dims": 1, "y_num_col_dims": 1}),
        ("elementwise_add", {"X": "product", "Y": "fc_0.b_0"}, {"Out": "y"}, {"axis": 1}),
    ]
    return build_program(names, operations, feeds=["x"], fetches=["y"])


def build_program(
    names: Mapping[str, tuple[ElementType, Sequence[int], bool | None]],
    operations: Sequence[tuple[str, Mapping[str, str], Mapping[str, str], Mapping[str, int]]],
    *,
    feeds: Sequence[str],
    fetches: Sequence[str],
) -> Any:
    """Build a ProgramDesc; `names` maps a variable to its type, shape and whether it has LoD, None for a parameter."""
    messages = program_messages()
    program, kinds = messages.ProgramDesc(), messages.VarType
    program.version.version = 1008000
    block = program.blocks.add(idx=0, parent_idx=-1)
    for name, kind in (("feed", kinds.FEED_MINIBATCH), ("fetch", kinds.FETCH_LIST)):
        block.vars.add(name=name, persistable=True).type.type = kind
    for name, (element_type, shape, lod) in names.items():
        variable = block.vars.add(name=name, persistable=lod is None)
        variable.type.type = kinds.DENSE_TENSOR
        variable.type.dense_tensor.tensor.data_type = kinds.Type.Value(element_type.name)
        variable.type.dense_tensor.tensor.dims.extend(shape)
        variable.type.dense_tensor.legacy_lod_level = int(bool(lod))
    steps = [("feed", {"X": "feed"}, {"Out": name}, {"col": column}) for column, name in enumerate(feeds)]
    steps += operations
    steps += [("fetch", {"X": name}, {"Out": "fetch"}, {"col": column}) for column, name in enumerate(fetches)]
    for kind, inputs, outputs, attributes in steps:
        operation = block.ops.add(type=kind)
        for side, arguments in ((operation.inputs, inputs), (operation.outputs, outputs)):
            for parameter, argument in arguments.items():
                side.add(parameter=parameter, arguments=[argument])
        for name, value in attributes.items():
            operation.attrs.add(name=name, type=0, i=value)
    return program
