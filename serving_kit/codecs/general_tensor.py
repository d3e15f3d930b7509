"""Which field of Paddle Serving's `Tensor` holds which element type, for its JSON and its protobuf form alike."""

from collections.abc import Collection, Mapping
from math import prod

import numpy as np

from serving_kit.errors import BadInput
from serving_kit.types import Array, ElementType

CONTENT_FIELD = "tensor_content"
DATA_FIELDS: Mapping[ElementType, str] = {
    ElementType.INT64: "int64_data",
    ElementType.FP32: "float_data",
    ElementType.INT32: "int_data",
    ElementType.FP64: "float64_data",
    ElementType.INT16: CONTENT_FIELD,
    ElementType.FP16: CONTENT_FIELD,
    ElementType.BF16: CONTENT_FIELD,
    ElementType.UINT8: CONTENT_FIELD,
    ElementType.INT8: CONTENT_FIELD,
    ElementType.BOOL: "bool_data",
    ElementType.COMPLEX64: "complex64_data",
    ElementType.COMPLEX128: "complex128_data",
    ElementType.STRING: "data",
}
FILLABLE_FIELDS = (*dict.fromkeys(DATA_FIELDS.values()), "uint32_data")
_KNOWN = {int(element_type): element_type for element_type in DATA_FIELDS}


def element_type_of(number: object, filled: Collection[str], where: str) -> ElementType:
    """Return the element type that `elem_type` names; where it is absent (None), the one that the filled field tells.

    proto3 reads an absent number as 0, INT64. BadInput lists the numbers there are.
    """
    if number is None:
        told = [known for known, field in DATA_FIELDS.items() if field != CONTENT_FIELD and field in filled]
        return told[0] if len(told) == 1 else ElementType.INT64
    if type(number) is not int or number not in _KNOWN:
        names = ", ".join(f"{known} {element_type.name}" for known, element_type in sorted(_KNOWN.items()))
        raise BadInput(f"{where}: elem_type {str(number)[:40]} is unknown; use one of {names}")
    return _KNOWN[number]


def check_fields(element_type: ElementType, filled: Collection[str], where: str) -> None:
    """Refuse a tensor whose values stand in a field that its element type does not read."""
    field = DATA_FIELDS[element_type]
    if len(filled) == 1 and field in filled:
        return
    allowed = {field} if element_type is ElementType.STRING else {field, CONTENT_FIELD}
    for stray in filled:
        if stray not in allowed:
            raise BadInput(f"{where}: elem_type {element_type:d} ({element_type.name}) reads {field}, not {stray}")


def content_array(raw: bytes, element_type: ElementType, where: str) -> Array:
    """Return raw little-endian values as a flat array; BadInput where the bytes are no whole number of them."""
    dtype = element_type.dtype.newbyteorder("<")
    if len(raw) % dtype.itemsize:
        raise BadInput(
            f"{where}: {CONTENT_FIELD} holds {len(raw)} bytes, no whole number of {element_type.name} values"
        )
    if element_type is ElementType.BOOL:
        return np.frombuffer(raw, dtype=np.uint8).astype(np.bool_)
    array: Array = np.frombuffer(raw, dtype=dtype)
    return array


def content_bytes(array: Array) -> bytes:
    """Undo `content_array`."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def complex_array(parts: Array, element_type: ElementType, where: str) -> Array:
    """Return real and imaginary parts in turns as complex numbers; BadInput where one part is missing."""
    if parts.size % 2:
        raise BadInput(f"{where}: complex numbers need a real and an imaginary part each, got {parts.size} parts")
    return np.ascontiguousarray(parts).view(element_type.dtype)


def with_instances(shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Return the shape with the instances in front that `count` values make where they are several times too many.

    Paddle Serving 0.9's client sends tensors of raw bytes with the shape of its configuration, which has no batch axis.
    """
    size = prod(shape)
    return (count // size, *shape) if size and count > size and count % size == 0 else shape
