"""Paddle Serving's `Request` and `Response` (general_model_service.proto) as protobuf, both ways.

Read and written through the packed twin of the messages: floats travel as the array's own bytes.
"""

from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from serving_kit.codecs import general_model_packed_pb2 as packed
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
from serving_kit.codecs.json_array import shaped
from serving_kit.errors import BadInput
from serving_kit.types import Array, Body, ElementType, InferRequest, InferResponse, ModelOutput, NamedTensor, Tensor

SERVICE = "GeneralModelService"
FULL_SERVICE = f"baidu.paddle_serving.predictor.general_model.{SERVICE}"
METHODS = ("inference", "debug")

_FILLABLE = frozenset(FILLABLE_FIELDS)
_FLOATS = {ElementType.FP32, ElementType.FP64}
_COMPLEX = {ElementType.COMPLEX64: ElementType.FP32, ElementType.COMPLEX128: ElementType.FP64}
_FIXED_FIELDS = {2: "float_data", 4: "float64_data", 7: "complex64_data", 8: "complex128_data"}
_FIXED_SIZES = {5: 4, 1: 8}  # wire type: bytes


def decode_request(body: Body) -> InferRequest:
    """Read a request; an empty body is an empty request. BadInput names the tensor and the field that is wrong."""
    try:
        message = packed.Request.FromString(body)  # type: ignore[arg-type] # it reads any buffer
    except DecodeError:
        raise BadInput(f"Fail to parse request message, request_size={len(body)}") from None
    return InferRequest(
        tuple(_named(tensor, index) for index, tensor in enumerate(message.tensor)),
        tuple(message.fetch_var_names),
        message.log_id,
        message.profile_server,
        may_lack_batch=True,
    )


def encode_request(request: InferRequest) -> bytes:
    """Write a request as Paddle Serving's own clients do."""
    return packed.Request(
        tensor=[_message(named) for named in request.tensors],
        fetch_var_names=request.fetch,
        profile_server=request.profile,
        log_id=request.log_id,
    ).SerializeToString()


def encode_response(response: InferResponse) -> bytes:
    """Write an answer, or a failure by `err_no` and `err_msg`."""
    return packed.Response(
        outputs=[
            packed.ModelOutput(tensor=[_message(named) for named in output.tensors], engine_name=output.engine_name)
            for output in response.outputs
        ],
        profile_time=response.profile_us,
        log_id=response.log_id,
        err_no=response.err_no,
        err_msg=response.err_msg,
    ).SerializeToString()


def decode_response(body: bytes) -> InferResponse:
    """Read an answer; BadInput says what is wrong with one that is none."""
    try:
        message = packed.Response.FromString(body)
    except DecodeError:
        raise BadInput(f"the {len(body)} bytes of the answer are no Response of GeneralModelService") from None
    outputs = tuple(
        ModelOutput(output.engine_name, "", tuple(_named(tensor, index) for index, tensor in enumerate(output.tensor)))
        for output in message.outputs
    )
    return InferResponse(outputs, tuple(message.profile_time), message.log_id, message.err_no, message.err_msg)


def _named(message: packed.Tensor, index: int) -> NamedTensor:
    where = f"tensor {message.name or message.alias_name or index!r}"
    _pack_runs(message)
    filled = [field.name for field, _ in message.ListFields() if field.name in _FILLABLE]
    element_type = element_type_of(message.elem_type or None, filled, where)
    check_fields(element_type, filled, where)
    shape = tuple(message.shape)
    if message.tensor_content:
        flat = content_array(message.tensor_content, element_type, where)
        shape = with_instances(shape, flat.size)
    else:
        flat = _data(message, element_type, where)
    tensor = Tensor(shaped(flat, shape, where), tuple(message.lod) if message.lod else ())
    return NamedTensor(message.name, tensor, message.alias_name, element_type)


def _pack_runs(message: packed.Tensor) -> None:
    """Bring floats that came one field each (an encoder need not pack them) to where packed ones are."""
    unknown: Any = UnknownFieldSet(message)
    if not len(unknown):
        return
    for number, name in _FIXED_FIELDS.items():
        loose = [field for field in unknown if field.field_number == number and field.wire_type in _FIXED_SIZES]
        if loose:
            raw = b"".join(field.data.to_bytes(_FIXED_SIZES[field.wire_type], "little") for field in loose)
            getattr(message, name).append(raw)


def _data(message: packed.Tensor, element_type: ElementType, where: str) -> Array:
    field = DATA_FIELDS[element_type]
    if field == CONTENT_FIELD:
        return np.array([], element_type.dtype)
    values = getattr(message, field)
    if element_type in _FLOATS:
        return content_array(b"".join(values), element_type, where)
    if element_type in _COMPLEX:
        parts = content_array(b"".join(values), _COMPLEX[element_type], where)
        return complex_array(parts, element_type, where)
    if element_type is ElementType.STRING:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    return np.array(values, dtype=element_type.dtype)


def _message(named: NamedTensor) -> packed.Tensor:
    array = named.tensor.array
    element_type = named.element_type if named.element_type is not None else ElementType.of(array.dtype)
    message = packed.Tensor(
        elem_type=element_type, shape=array.shape, lod=named.tensor.lod, name=named.name, alias_name=named.alias
    )
    field = DATA_FIELDS[element_type]
    if not array.size:
        return message
    if field == CONTENT_FIELD:
        message.tensor_content = content_bytes(array)
    elif element_type in _FLOATS or element_type in _COMPLEX:
        getattr(message, field).append(content_bytes(array))
    elif element_type is ElementType.STRING:
        message.data.extend(text.encode() if isinstance(text, str) else bytes(text) for text in array.ravel())
    else:
        getattr(message, field).extend(array.ravel().tolist())
    return message
