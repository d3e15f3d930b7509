"""JSON documents and the arrays written in them, for every protocol that carries numbers as JSON text.

orjson parses: it refuses NaN literals, infinities such as 1e400 and documents nested deeper than 1024. Floats that JSON
has no literal for travel as the strings "NaN", "Infinity" and "-Infinity", as bRPC's json2pb reads them.
"""

import math
import re
import struct
from array import array as typed_array
from typing import Any, TypeAlias

import numpy as np
import orjson

from serving_kit.codecs.finite import all_finite
from serving_kit.errors import BadInput
from serving_kit.types import Array, Body, ElementType

_FLOATS = {"nan": float("nan"), "infinity": float("inf"), "-infinity": float("-inf")}
_INTEGER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_FLOAT_CODES = {ElementType.FP32: "f", ElementType.FP64: "d"}
_INTEGER_CODES = {
    ElementType.INT64: "q",
    ElementType.INT32: "i",
    ElementType.INT16: "h",
    ElementType.INT8: "b",
    ElementType.UINT8: "B",
}
# A list of numbers becomes an array of one of these types faster than numpy makes one: 1 µs for 13 numbers, not 5.
_Typed: TypeAlias = tuple[str, frozenset[type], np.dtype[np.generic]]
_TYPED: dict[ElementType, _Typed] = {
    **{kind: (code, frozenset({float, int}), kind.dtype) for kind, code in _FLOAT_CODES.items()},
    **{kind: (code, frozenset({int}), kind.dtype) for kind, code in _INTEGER_CODES.items()},
}
_UNTYPED: _Typed = ("", frozenset(), np.dtype(np.object_))
_MOST_AXES = 32  # that numpy has
_FEW = 64  # values that are read and written faster one by one than as an array


def parse_object(body: Body | memoryview) -> dict[str, Any]:
    """Parse a JSON object; BadInput says what is wrong with a body that is none."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = "it is nested deeper than 1024 levels" if "depth limit" in error.msg else str(error)
        raise BadInput(f"the body is not JSON this server reads: {reason}") from None
    if not isinstance(document, dict):
        raise BadInput(f"the body must be a JSON object, not {kind(document)}")
    return document


def kind(value: object) -> str:
    """Name a parsed value's JSON type, with its article, for an error's text."""
    if isinstance(value, bool):
        return "a boolean"
    names: dict[type, str] = {dict: "an object", list: "an array", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def flat_array(values: object, element_type: ElementType, where: str) -> Array:
    """Turn a JSON array, flat or nested, into a flat array of `element_type`; nothing is rounded to an integer.

    Integers may be written as strings. BadInput starts with `where`, which names the tensor.
    """
    numbers = plain_numbers(values, element_type)
    if numbers is not None:
        return numbers
    flat = _flat(values, where)
    if element_type is ElementType.STRING:
        return _strings(flat, where)
    if element_type is ElementType.BOOL:
        return np.array(_only(flat, (bool,), "true or false", where), dtype=np.bool_)
    if element_type.dtype.kind == "f":
        return _floats(flat, element_type, where)
    if element_type.dtype.kind in "iu" and element_type is not ElementType.BF16:
        return _integers(flat, element_type, where)
    raise BadInput(f"{where}: {element_type.name} values cannot be written as JSON; send them as raw bytes")


def plain_numbers(values: object, element_type: ElementType) -> Array | None:
    """Turn a flat list of plain numbers that all fit into an array; None for everything that needs a closer look."""
    code, allowed, dtype = _TYPED.get(element_type, _UNTYPED)
    if not code or type(values) is not list or not values or not allowed.issuperset(map(type, values)):
        return None
    try:
        if len(values) <= _FEW:
            return np.frombuffer(struct.pack(f"={len(values)}{code}", *values), dtype)
        array: Array = np.frombuffer(typed_array(code, values), dtype)
    except (OverflowError, struct.error):
        return None
    return array if code != "f" or all_finite(array) else None  # a typed array takes what is too large for infinite


def json_values(array: Array, *, as_double: bool = False) -> object:
    """Return what orjson (with OPT_SERIALIZE_NUMPY) writes as the flat list of an array's values.

    `as_double` prints a float32 with the digits of the double it equals (43.70709991455078), else the fewest that
    read back as the same float32.
    """
    flat = array.ravel()
    kind_of = flat.dtype.kind
    if kind_of == "f":
        if flat.size <= _FEW and (as_double or flat.itemsize == 8):
            numbers = flat.tolist()
            return numbers if all(map(math.isfinite, numbers)) else list(map(_float_value, numbers))
        if not all_finite(flat):
            return [_float_value(float(n)) for n in flat]
        return flat.astype(np.float64) if as_double or flat.dtype == np.float16 else flat
    if kind_of in "OUS":
        return [text if isinstance(text, str) else bytes(text).decode("utf-8", "replace") for text in flat]
    return flat


def plain_shape(flat: Array, shape: object) -> Array | None:
    """Give a flat array a shape that fits it; None for every other shape."""
    if type(shape) is not list or not flat.size:
        return None
    count = 1
    for size in shape:
        if type(size) is not int or size < 1:
            return None
        count *= size
    return flat.reshape(shape) if count == flat.size and len(shape) <= _MOST_AXES else None


def shaped(flat: Array, shape: object, where: str) -> Array:
    """Give a flat array its shape; BadInput where the shape is none or does not match the number of values."""
    plain = plain_shape(flat, shape)
    if plain is not None:
        return plain
    sizes = shape if isinstance(shape, list | tuple) else (None,)
    count = 1
    for size in sizes:
        if type(size) is not int or not 0 <= size < 2**31:
            raise BadInput(f"{where}: shape must be a list of numbers from 0 to 2147483647, got {str(shape)[:80]}")
        count *= size
    if count != flat.size:
        raise BadInput(f"{where}: shape {list(sizes)} needs {count} values, but the data holds {flat.size}")
    try:
        return flat.reshape(sizes)
    except ValueError:
        raise BadInput(f"{where}: shape {str(shape)[:80]} has more dimensions than an array can have") from None


def _flat(values: object, where: str) -> list[Any]:
    if not isinstance(values, list):
        raise BadInput(f"{where}: the data must be an array, not {kind(values)}")
    if list not in set(map(type, values)):
        return values
    try:
        flat: list[Any] = np.array(values, dtype=object).ravel().tolist()
    except ValueError:
        raise BadInput(f"{where}: the nested data is ragged; every row needs the same length") from None
    if list in set(map(type, flat)):
        raise BadInput(f"{where}: the nested data is ragged or deeper than 32 levels; every row needs the same length")
    return flat


def _only(flat: list[Any], allowed: tuple[type, ...], expected: str, where: str) -> list[Any]:
    wrong = set(map(type, flat)).difference(allowed)
    if wrong:
        index = next(i for i, value in enumerate(flat) if type(value) in wrong)
        raise BadInput(f"{where}: value {index} must be {expected}, not {kind(flat[index])}")
    return flat


def _strings(flat: list[Any], where: str) -> Array:
    array = np.empty(len(flat), dtype=object)
    array[:] = [text.encode() for text in _only(flat, (str,), "a string", where)]
    return array


def _integers(flat: list[Any], element_type: ElementType, where: str) -> Array:
    if str in set(map(type, flat)):
        flat = [int(n) if type(n) is str and _INTEGER.fullmatch(n) else n for n in flat]
    limits = np.iinfo(element_type.dtype.name)
    try:
        array = np.array(_only(flat, (int,), "an integer", where), dtype=np.int64)
    except OverflowError:
        array = None
    if array is None or (array.size and (array.min() < limits.min or array.max() > limits.max)):
        raise BadInput(f"{where}: {element_type.name} values must lie between {limits.min} and {limits.max}")
    return array.astype(element_type.dtype, copy=False)


def _floats(flat: list[Any], element_type: ElementType, where: str) -> Array:
    if str in set(map(type, flat)):
        flat = [_FLOATS.get(n.lower(), n) if type(n) is str else n for n in flat]
    doubles = np.array(_only(flat, (int, float), "a number", where), dtype=np.float64)
    if element_type is ElementType.FP64:
        return doubles
    with np.errstate(over="ignore"):
        array = doubles.astype(element_type.dtype)
    if not np.isfinite(array).all() and not np.array_equal(np.isinf(array), np.isinf(doubles)):
        raise BadInput(f"{where}: a value is too large for {element_type.name}")
    return array


def _float_value(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
