"""Paddle Serving's `Request` and `Response` (general_model_service.proto) in the JSON of bRPC's json2pb.

Names are snake_case, unknown fields and nulls are ignored, a scalar where an array belongs is refused, 64-bit integers
are numbers (strings are read too), a float32 is printed as the double it equals, fields that hold their default are
left out, bytes are base64. Keys come in the order of the .proto file.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from serving_kit.codecs.json_array import flat_array, json_values, kind, parse_object, shaped
from serving_kit.errors import BadInput
from serving_kit.types import Array, ElementType, InferRequest, InferResponse, NamedTensor, Tensor

CONTENT_FIELD = "tensor_content"
DATA_FIELDS: Mapping[ElementType, str] = {
    ElementType.INT64: "int64_data",
    ElementType.FP32: "float_data",
    ElementType.INT32: "int_data",
    ElementType.FP64: "float64_data",
    ElementType.BOOL: "bool_data",
    ElementType.STRING: "data",
    ElementType.INT16: CONTENT_FIELD,
    ElementType.FP16: CONTENT_FIELD,
    ElementType.UINT8: CONTENT_FIELD,
    ElementType.INT8: CONTENT_FIELD,
}
_FILLABLE_FIELDS = {*DATA_FIELDS.values(), "uint32_data", "complex64_data", "complex128_data"}


def decode_request(body: bytes) -> InferRequest:
    """Read a request; an empty body is an empty request. BadInput names the tensor and the field that is wrong."""
    fields = parse_object(body) if body else {}
    tensors = tuple(_tensor(item, i) for i, item in enumerate(_repeated(fields, "tensor", "the request")))
    fetch = _repeated(fields, "fetch_var_names", "the request")
    if not all(isinstance(alias, str) for alias in fetch):
        raise BadInput("fetch_var_names must be an array of strings")
    return InferRequest(tensors, tuple(fetch), _log_id(fields.get("log_id")), fields.get("profile_server") is True)


def encode_response(response: InferResponse) -> bytes:
    """Write an answer as `{"outputs": [{"tensor": [...], "engine_name": ...}], "profile_time": [...]}`."""
    output: dict[str, object] = {}
    if response.outputs:
        output["tensor"] = [_written(named) for named in response.outputs]
    if response.engine_name:
        output["engine_name"] = response.engine_name
    document: dict[str, object] = {"outputs": [output]}
    if response.profile_us:
        document["profile_time"] = response.profile_us
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def _tensor(item: object, index: int) -> NamedTensor:
    if not isinstance(item, dict):
        raise BadInput(f"tensor {index} must be an object, not {kind(item)}")
    name, alias = (_text(item, field, f"tensor {index}") for field in ("name", "alias_name"))
    where = f"tensor {name or alias or index!r}"
    element_type = _element_type(item, where)
    flat = _data(item, element_type, where)
    array = shaped(flat, _repeated(item, "shape", where), where)
    lod = flat_array(_repeated(item, "lod", where), ElementType.INT32, f"{where}, field lod")
    return NamedTensor(name, Tensor(array, tuple(lod.tolist())), alias, element_type)


def _element_type(item: Mapping[str, Any], where: str) -> ElementType:
    number = item.get("elem_type")
    if number is None:  # proto3 reads it as 0, INT64; say so only where the data does not tell otherwise
        filled = [known for known, field in DATA_FIELDS.items() if field != CONTENT_FIELD and item.get(field)]
        return filled[0] if len(filled) == 1 else ElementType.INT64
    known = {int(element_type): element_type for element_type in DATA_FIELDS}
    if type(number) is not int or number not in known:
        names = ", ".join(f"{n} {element_type.name}" for n, element_type in sorted(known.items()))
        raise BadInput(f"{where}: elem_type {str(number)[:40]} is unknown; use one of {names}")
    return known[number]


def _data(item: Mapping[str, Any], element_type: ElementType, where: str) -> Array:
    field = DATA_FIELDS[element_type]
    filled = [name for name in _FILLABLE_FIELDS if item.get(name)]
    allowed = {field} if element_type is ElementType.STRING else {field, CONTENT_FIELD}
    for stray in filled:
        if stray not in allowed:
            raise BadInput(f"{where}: elem_type {element_type:d} ({element_type.name}) reads {field}, not {stray}")
    if filled == [CONTENT_FIELD]:
        return _content(item[CONTENT_FIELD], element_type, where)
    values = [] if field == CONTENT_FIELD else _repeated(item, field, where)
    return flat_array(values, element_type, f"{where}, field {field}")


def _content(text: object, element_type: ElementType, where: str) -> Array:
    try:
        raw = base64.b64decode(text if isinstance(text, str) else "?", validate=True)
        array: Array = np.frombuffer(raw, dtype=element_type.dtype.newbyteorder("<"))
    except (binascii.Error, ValueError):
        raise BadInput(
            f"{where}: {CONTENT_FIELD} must be the base64 of whole little-endian {element_type.name} values"
        ) from None
    return array


def _written(named: NamedTensor) -> dict[str, object]:
    array = named.tensor.array
    element_type = ElementType.of(array.dtype)
    field = DATA_FIELDS[element_type]
    fields: dict[str, object] = {}
    if array.size and field != CONTENT_FIELD:
        fields[field] = json_values(array, as_double=True)
    if element_type:
        fields["elem_type"] = int(element_type)
    for key, value in (
        ("shape", array.shape),
        ("lod", named.tensor.lod),
        ("name", named.name),
        ("alias_name", named.alias),
    ):
        if value:
            fields[key] = value
    if array.size and field == CONTENT_FIELD:
        fields[field] = base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()
    return fields


def _repeated(fields: Mapping[str, Any], field: str, where: str) -> list[Any]:
    value = fields.get(field)
    if value is not None and not isinstance(value, list):
        raise BadInput(f"{where}: {field} must be an array, not {kind(value)}")
    return value or []


def _text(fields: Mapping[str, Any], field: str, where: str) -> str:
    value = fields.get(field)
    if value is not None and not isinstance(value, str):
        raise BadInput(f"{where}: {field} must be a string, not {kind(value)}")
    return value or ""


def _log_id(value: object) -> int:
    """Read an optional uint64 as json2pb does: what cannot be one is passed over."""
    text = str(value)
    return int(text) if type(value) in (int, str) and text.isascii() and text.isdigit() and len(text) <= 20 else 0
