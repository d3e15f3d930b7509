"""Read what an ONNX model takes and gives, without running it.

The file is the protobuf message `ModelProto` of `onnx.proto3`; its element types are `TensorProto.DataType`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.types import ElementType, TensorSpec

SUFFIX = ".onnx"
_TYPES = {
    "FLOAT": ElementType.FP32,
    "DOUBLE": ElementType.FP64,
    "FLOAT16": ElementType.FP16,
    "INT64": ElementType.INT64,
    "INT32": ElementType.INT32,
    "INT16": ElementType.INT16,
    "INT8": ElementType.INT8,
    "UINT8": ElementType.UINT8,
    "BOOL": ElementType.BOOL,
}

Ports = tuple[TensorSpec, ...]


def is_onnx(program: Path) -> bool:
    """Tell an ONNX model by its file's name."""
    return program.suffix == SUFFIX


def ports(path: Path, data: bytes) -> tuple[Ports, Ports]:
    """Return the inputs and outputs of the model that was read from `path`, aliases equal to names.

    Axes that the model names or leaves open are -1; a scalar's shape is (). Unsupported where the `onnx` package is
    missing or an input or output is no tensor of numbers; ModelFileError for weights in files of their own, which no
    checksum of the model covers. Whatever protobuf raises on foreign bytes is passed on.
    """
    try:
        import onnx
    except ImportError:
        raise Unsupported(f"{path} is an ONNX model, which needs onnx; install serving-kit[zoo]") from None
    model = onnx.ModelProto.FromString(data)
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in _tensors(model.graph)):
        raise ModelFileError(f"{path} keeps weights in other files; save the model as one file")
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [port for port in model.graph.input if port.name not in weights]
    names = onnx.TensorProto.DataType
    return (
        tuple(_spec(path, port, names) for port in inputs),
        tuple(_spec(path, port, names) for port in model.graph.output),
    )


def _tensors(graph: Any) -> Iterator[Any]:
    """Yield every stored tensor, those of the branches and loops inside too."""
    yield from graph.initializer
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        yield attribute.t
        yield from attribute.tensors
        for inner in (attribute.g, *attribute.graphs):
            yield from _tensors(inner)


def _spec(path: Path, port: Any, names: Any) -> TensorSpec:
    tensor = port.type.tensor_type
    kind = port.type.WhichOneof("value") or "nothing"
    name = names.Name(tensor.elem_type) if kind == "tensor_type" else kind.removesuffix("_type")
    if name not in _TYPES:
        raise Unsupported(f"{path}: {port.name!r} is of type {name}; export the model with one of {', '.join(_TYPES)}")
    if not tensor.HasField("shape"):
        raise Unsupported(f"{path}: {port.name!r} does not say how many axes it has; export the model with shapes")
    shape = tuple(axis.dim_value if axis.dim_value > 0 else -1 for axis in tensor.shape.dim)
    return TensorSpec(port.name, port.name, _TYPES[name], shape)
