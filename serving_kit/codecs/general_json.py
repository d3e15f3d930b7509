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

from serving_kit.codecs.general_tensor import (
    CONTENT_FIELD,
    DATA_FIELDS,
    FILLABLE_FIELDS,
    check_fields,
    complex_array,
    content_array,
    content_bytes,
    element_type_of,
    with_instances,
)
from serving_kit.codecs.json_array import (
    flat_array,
    json_values,
    kind,
    parse_object,
    plain_numbers,
    plain_shape,
    shaped,
)
from serving_kit.errors import BadInput
from serving_kit.types import Array, Body, ElementType, InferRequest, InferResponse, ModelOutput, NamedTensor, Tensor

_STRINGS = {str}
_PLAIN = {
    int(plain): (plain, DATA_FIELDS[plain], frozenset({"elem_type", "shape", "name", "alias_name", DATA_FIELDS[plain]}))
    for plain in (ElementType.FP32, ElementType.INT64, ElementType.INT32, ElementType.FP64)
}
_NOT_PLAIN = (ElementType.STRING, "", frozenset[str]())
_FILLABLE = frozenset(FILLABLE_FIELDS)
_PARTS = {ElementType.COMPLEX64: ElementType.FP32, ElementType.COMPLEX128: ElementType.FP64}


def decode_request(body: Body) -> InferRequest:
    """Read a request; an empty body is an empty request. BadInput names the tensor and the field that is wrong."""
    fields = parse_object(body) if body else {}
    tensors = tuple([_tensor(item, i) for i, item in enumerate(_repeated(fields, "tensor", "the request"))])
    fetch = _repeated(fields, "fetch_var_names", "the request")
    if not set(map(type, fetch)) <= _STRINGS:
        raise BadInput("fetch_var_names must be an array of strings")
    profile = fields.get("profile_server") is True
    return InferRequest(tensors, tuple(fetch), _log_id(fields.get("log_id")), profile, may_lack_batch=True)


def encode_response(response: InferResponse) -> bytes:
    """Write an answer as `{"outputs": [{"tensor": [...], "engine_name": ...}], "profile_time": [...]}`."""
    document: dict[str, object] = {}
    if response.outputs:
        document["outputs"] = [_output(output) for output in response.outputs]
    if response.profile_us:
        document["profile_time"] = response.profile_us
    if response.log_id:
        document["log_id"] = response.log_id
    if response.err_no:
        document["err_no"] = response.err_no
    if response.err_msg:
        document["err_msg"] = response.err_msg
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def _output(output: ModelOutput) -> dict[str, object]:
    fields: dict[str, object] = {"tensor": [_written(named) for named in output.tensors]} if output.tensors else {}
    if output.engine_name:
        fields["engine_name"] = output.engine_name
    return fields


def _tensor(item: object, index: int) -> NamedTensor:
    return _plain_tensor(item) or _careful_tensor(item, index)


def _plain_tensor(item: object) -> NamedTensor | None:
    """Read a tensor of plain numbers at a third of the cost; None for all that is unusual about one, or wrong."""
    if type(item) is not dict:
        return None
    number, name, alias = item.get("elem_type"), item.get("name", ""), item.get("alias_name", "")
    element_type, field, fields = _PLAIN.get(number, _NOT_PLAIN) if type(number) is int else _NOT_PLAIN
    if not fields.issuperset(item) or type(name) is not str or type(alias) is not str:
        return None
    flat = plain_numbers(item.get(field), element_type)
    array = None if flat is None else plain_shape(flat, item.get("shape"))
    return None if array is None else NamedTensor(name, Tensor(array), alias, element_type)


def _careful_tensor(item: object, index: int) -> NamedTensor:
    if not isinstance(item, dict):
        raise BadInput(f"tensor {index} must be an object, not {kind(item)}")
    name, alias = _text(item, "name", index), _text(item, "alias_name", index)
    where = f"tensor {name or alias or index!r}"
    filled = [field for field in item if field in _FILLABLE and item[field]]
    element_type = element_type_of(item.get("elem_type"), filled, where)
    check_fields(element_type, filled, where)
    flat = _data(item, element_type, where)
    shape = tuple(_repeated(item, "shape", where))
    if item.get(CONTENT_FIELD) and all(type(size) is int for size in shape):
        shape = with_instances(shape, flat.size)
    lod = _repeated(item, "lod", where)
    if lod:
        lod = flat_array(lod, ElementType.INT32, f"{where}, field lod").tolist()
    return NamedTensor(name, Tensor(shaped(flat, shape, where), tuple(lod)), alias, element_type)


def _data(item: Mapping[str, Any], element_type: ElementType, where: str) -> Array:
    if item.get(CONTENT_FIELD):
        return content_array(_base64(item[CONTENT_FIELD], element_type, where), element_type, where)
    field = DATA_FIELDS[element_type]
    values = [] if field == CONTENT_FIELD else _repeated(item, field, where)
    where = f"{where}, field {field}"
    if element_type in _PARTS:
        return complex_array(flat_array(values, _PARTS[element_type], where), element_type, where)
    return np.array([], element_type.dtype) if field == CONTENT_FIELD else flat_array(values, element_type, where)


def _base64(text: object, element_type: ElementType, where: str) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError):
        raise BadInput(
            f"{where}: {CONTENT_FIELD} must be the base64 of whole little-endian {element_type.name} values"
        ) from None


def _written(named: NamedTensor) -> dict[str, object]:
    array = named.tensor.array
    element_type = named.element_type if named.element_type is not None else ElementType.of(array.dtype)
    field = DATA_FIELDS[element_type]
    fields: dict[str, object] = {}
    if array.size and field != CONTENT_FIELD:
        parts = _PARTS.get(element_type)
        values = np.ascontiguousarray(array).ravel().view(parts.dtype) if parts else array
        fields[field] = json_values(values, as_double=True)
    if element_type:
        fields["elem_type"] = int(element_type)
    if array.shape:
        fields["shape"] = array.shape
    if named.tensor.lod:
        fields["lod"] = named.tensor.lod
    if named.name:
        fields["name"] = named.name
    if named.alias:
        fields["alias_name"] = named.alias
    if array.size and field == CONTENT_FIELD:
        fields[field] = base64.b64encode(content_bytes(array)).decode()
    return fields


def _repeated(fields: Mapping[str, Any], field: str, where: str) -> list[Any]:
    value = fields.get(field)
    if value is not None and not isinstance(value, list):
        raise BadInput(f"{where}: {field} must be an array, not {kind(value)}")
    return value or []


def _text(fields: Mapping[str, Any], field: str, index: int) -> str:
    value = fields.get(field)
    if value is not None and not isinstance(value, str):
        raise BadInput(f"tensor {index}: {field} must be a string, not {kind(value)}")
    return value or ""


def _log_id(value: object) -> int:
    """Read an optional uint64 as json2pb does: what cannot be one is passed over."""
    if not value:
        return 0
    text = str(value)
    return int(text) if type(value) in (int, str) and text.isascii() and text.isdigit() and len(text) <= 20 else 0
