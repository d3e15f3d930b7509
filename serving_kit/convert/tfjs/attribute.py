"""Attributes of a graph's nodes, as TensorFlow's `AttrValue` message is written in JSON."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

# Numbers of TensorFlow's `DataType` (tensorflow/core/framework/types.proto), which some exporters write for its names.
_NUMBERED = {1: "DT_FLOAT", 3: "DT_INT32", 4: "DT_UINT8", 9: "DT_INT64", 10: "DT_BOOL", 19: "DT_HALF"}
# TensorFlow.js computes in float32, int32 and bool, whatever the graph was trained with.
_ELEMENTS = {
    "DT_FLOAT": "float32",
    "DT_HALF": "float32",
    "DT_DOUBLE": "float32",
    "DT_INT32": "int32",
    "DT_INT64": "int32",
    "DT_UINT8": "int32",
    "DT_BOOL": "bool",
}


def element(kind: object) -> str:
    """Return numpy's name of a data type, given by TensorFlow's name or number; as it is where there is none."""
    name = str(_NUMBERED.get(kind, kind) if isinstance(kind, int) else kind)
    return _ELEMENTS.get(name, name)


def dims(shape: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the sizes of a `TensorShapeProto`, -1 for an axis of any size."""
    return tuple(int(dim.get("size", -1)) for dim in shape.get("dim", ()))


def decode(attributes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return attributes as plain values; those of other kinds, e.g. the empty tensor of a weight, are left out."""
    decoded = {name: _value(encoded) for name, encoded in attributes.items()}
    return {name: value for name, value in decoded.items() if value is not None}


def _text(encoded: str) -> str:
    return base64.b64decode(encoded).decode()


_READERS: dict[str, Callable[[Any], Any]] = {
    "s": _text,
    "i": int,
    "f": float,
    "b": bool,
    "type": element,
    "shape": dims,
}


def _value(encoded: Mapping[str, Any]) -> Any:
    for kind, read in _READERS.items():
        if kind in encoded:
            return read(encoded[kind])
    if "list" in encoded:
        return next(
            (tuple(map(_READERS[kind], held)) for kind, held in encoded["list"].items() if kind in _READERS), ()
        )
    return None
