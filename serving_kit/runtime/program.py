"""Read what a program takes and gives, without running it.

Two formats of Paddle hold programs. Fluid-era `__model__` and legacy `.pdmodel` files are the protobuf message
`ProgramDesc` (Paddle's `framework.proto`); Paddle 3 writes PIR as JSON. ONNX is read by `onnx_program`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from serving_kit.errors import ModelFileError, ServingKitError
from serving_kit.runtime import onnx_program
from serving_kit.runtime.framework import program_messages
from serving_kit.types import ElementType, TensorSpec

_PIR_TYPES = {
    "t_i64": ElementType.INT64,
    "t_f32": ElementType.FP32,
    "t_i32": ElementType.INT32,
    "t_f64": ElementType.FP64,
    "t_i16": ElementType.INT16,
    "t_f16": ElementType.FP16,
    "t_bf16": ElementType.BF16,
    "t_ui8": ElementType.UINT8,
    "t_i8": ElementType.INT8,
    "t_bool": ElementType.BOOL,
    "t_c64": ElementType.COMPLEX64,
    "t_c128": ElementType.COMPLEX128,
}


@dataclass(frozen=True, slots=True)
class Program:
    """A program's inputs and outputs in its own order, aliases equal to names; parameters' shapes by sorted name."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    parameters: dict[str, tuple[int, ...]]


def is_pir(path: Path) -> bool:
    """Tell a PIR program from other JSON and from protobuf by how the file starts."""
    with path.open("rb") as file:
        return b'"pir"' in file.read(256)


def describe(path: Path) -> Program:
    """Read the program in `path`; ModelFileError in one sentence where it is empty, truncated or something else.

    Unsupported where an ONNX model takes or gives what cannot travel.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read ({error.strerror}); give the folder of a Paddle model") from None
    kind = "ONNX model" if onnx_program.is_onnx(path) else "Paddle program"
    try:
        program = _describe(path, data)
    except ServingKitError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a parser raises on foreign bytes, the file is no program
        raise ModelFileError(
            f"{path} ({len(data)} bytes) is no whole {kind} ({type(error).__name__}); fetch or export it again"
        ) from None
    if not program.inputs or not program.outputs:
        raise ModelFileError(f"{path} is a program without inputs or outputs; export it for inference")
    return program


def _describe(path: Path, data: bytes) -> Program:
    if onnx_program.is_onnx(path):
        return Program(*onnx_program.ports(path, data), {})
    return _describe_pir(data) if path.suffix == ".json" else _describe_legacy(data)


def _describe_legacy(data: bytes) -> Program:
    messages = program_messages()
    VarType = messages.VarType  # noqa: N806 - a class
    block = messages.ProgramDesc.FromString(data).blocks[0]
    variables = {var.name: var for var in block.vars}

    def spec(name: str) -> TensorSpec:
        described = variables[name].type.dense_tensor
        element_type = ElementType[VarType.Type.Name(described.tensor.data_type)]
        lod = described.legacy_lod_level > 0
        return TensorSpec(name, name, element_type, tuple(described.tensor.dims), lod)

    feeds = {_column(op): op.outputs[0].arguments[0] for op in block.ops if op.type == "feed"}
    fetches = {_column(op): op.inputs[0].arguments[0] for op in block.ops if op.type == "fetch"}
    holders = (VarType.FEED_MINIBATCH, VarType.FETCH_LIST, VarType.RAW)
    kept = {
        var.name: tuple(var.type.dense_tensor.tensor.dims)
        for var in block.vars
        if var.persistable and var.type.type not in holders
    }
    inputs, outputs = (tuple(spec(names[column]) for column in sorted(names)) for names in (feeds, fetches))
    return Program(inputs, outputs, dict(sorted(kept.items())))


def _column(op: Any) -> int:
    return next((attribute.i for attribute in op.attrs if attribute.name == "col"), 0)


def _describe_pir(data: bytes) -> Program:
    inputs: list[TensorSpec] = []
    outputs: dict[int, TensorSpec] = {}
    parameters: dict[str, tuple[int, ...]] = {}
    for op in _pir_operations(orjson.loads(data)["program"]):
        kind = op["#"].rpartition(".")[2]
        if kind == "p" and op["OA"][0]:  # is it persistable? The state of an LSTM's dropout is not, and has no file
            parameters[op["A"][3]] = tuple(op["O"]["TT"]["D"][1])
        elif kind in ("data", "feed"):
            inputs.append(_pir_spec(op))
        elif kind == "fetch":
            outputs[_pir_attribute(op, "col")] = _pir_spec(op)
    return Program(
        tuple(inputs), tuple(outputs[column] for column in sorted(outputs)), dict(sorted(parameters.items()))
    )


def _pir_operations(program: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the operations of the outermost block; loops and branches nest further blocks that hold no ports."""
    yield from program["regions"][0]["blocks"][0]["ops"]


def _pir_spec(op: dict[str, Any]) -> TensorSpec:
    name = _pir_attribute(op, "name")
    element, dims, _layout, lod = op["O"][0]["TT"]["D"][:4]
    return TensorSpec(name, name, _PIR_TYPES[element["#"].rpartition(".")[2]], tuple(dims), bool(lod))


def _pir_attribute(op: dict[str, Any], name: str) -> Any:
    return next(attribute["AT"]["D"] for attribute in op["A"] if attribute["N"] == name)
