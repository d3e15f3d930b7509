"""Paddle Serving's pipeline messages: pairs of text, and tensors beside them (`pipeline_service.proto`).

Java's old client has other fields behind `tensors`: its method and log number arrive here as fields of a wire type that
is not theirs, which protobuf passes over.
"""

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.errors import BadInput
from serving_kit.types import Array, Body

FULL_SERVICE = "baidu.paddle_serving.pipeline_serving.PipelineService"
METHOD = "inference"
_STRING, _BYTES = 12, 13
_FIELDS: Mapping[int, tuple[str, str]] = {
    0: ("int64_data", "int64"),
    1: ("float_data", "float32"),
    2: ("int_data", "int32"),
    3: ("float64_data", "float64"),
    4: ("int_data", "int16"),
    5: ("float_data", "float16"),
    6: ("uint32_data", "uint16"),
    7: ("uint32_data", "uint8"),
    8: ("int_data", "int8"),
    9: ("bool_data", "bool"),
}
_ELEM_TYPES = {dtype: number for number, (_, dtype) in _FIELDS.items()}
_LINE = 75  # characters, numpy's own
_IMPLIED = frozenset(map(np.dtype, (np.int_, np.float64, np.complex128, np.bool_)))


@dataclass(slots=True)
class PipelineRequest:
    """What a client asks: `values` by name, text or arrays; under `<name>.lod` a level of detail, int32 [2, n]."""

    values: dict[str, Any]
    log_id: int = 0
    client_ip: str = ""
    name: str = ""
    method: str = ""


@dataclass(slots=True)
class PipelineResponse:
    """What a pipeline answers: `err_no` 0 and its values as text, or what went wrong."""

    values: Mapping[str, str] = field(default_factory=dict)
    err_no: int = 0
    err_msg: str = ""


def decode_request(body: Body) -> PipelineRequest:
    """Read a request; BadInput names the key or the tensor that is wrong."""
    message = pb.Request()
    try:
        message.ParseFromString(bytes(body))
    except DecodeError:
        raise BadInput("the message is no Request of PipelineService; see pipeline_service.proto") from None
    return request_of(message)


def request_of(message: pb.Request) -> PipelineRequest:
    """Read a message; see `decode_request`."""
    if len(message.key) != len(message.value):
        raise BadInput(f"{len(message.key)} keys came with {len(message.value)} values; send as many of each")
    values: dict[str, Any] = dict(zip(message.key, message.value, strict=True))
    for tensor in message.tensors:
        values[tensor.name] = _value(tensor)
        if tensor.lod:
            if len(tensor.lod) % 2:
                raise BadInput(f"tensor {tensor.name!r}: lod needs an even number of offsets, got {len(tensor.lod)}")
            values[f"{tensor.name}.lod"] = np.array(tensor.lod, np.int32).reshape(2, -1)
    return PipelineRequest(values, message.logid, message.clientip, message.name, message.method)


def encode_request(request: PipelineRequest, *, as_tensors: bool = False, as_bytes: bool = False) -> bytes:
    """Write a request; arrays and lists become text, as tensors tensors and as bytes streams of `numpy.save`."""
    message = pb.Request(logid=request.log_id, clientip=request.client_ip, name=request.name, method=request.method)
    for name, value in request.values.items():
        if name.endswith(".lod") and name.removesuffix(".lod") in request.values and (as_tensors or as_bytes):
            continue
        if isinstance(value, str) or not (as_tensors or as_bytes):
            message.key.append(name)
            message.value.append(value if isinstance(value, str) else text_of(value))
            continue
        tensor = message.tensors.add(name=name)
        _fill(tensor, np.asarray(value), as_bytes=as_bytes)
        tensor.lod.extend(np.asarray(request.values.get(f"{name}.lod", ()), np.int32).ravel().tolist())
    return message.SerializeToString()


def encode_response(response: PipelineResponse) -> bytes:
    """Write an answer; its values are text."""
    message = pb.Response(err_no=response.err_no, err_msg=response.err_msg)
    message.key.extend(response.values)
    message.value.extend(response.values.values())
    return message.SerializeToString()


def decode_response(body: bytes) -> PipelineResponse:
    """Read an answer; BadInput where it is none."""
    message = pb.Response()
    try:
        message.ParseFromString(body)
    except DecodeError:
        raise BadInput("the answer is no Response of PipelineService") from None
    return PipelineResponse(dict(zip(message.key, message.value, strict=False)), message.err_no, message.err_msg)


def text_of(value: object) -> str:
    """Return a value as Paddle Serving prints it: its repr, but with every element of an array, however many it has.

    numpy keeps the number of elements it prints for the whole process, so that the line is put together here, in the
    way of numpy 1.26 (`numpy.core.arrayprint`).
    """
    if not isinstance(value, np.ndarray) or value.dtype.kind in "OV" or not value.size:
        return repr(value)
    suffix = ")" if value.dtype in _IMPLIED else ","
    body = np.array2string(
        value, separator=", ", prefix="array(", suffix=suffix, threshold=sys.maxsize, max_line_width=_LINE
    )
    text = f"array({body}{suffix}"
    if value.dtype in _IMPLIED:
        return text
    name = str(value.dtype) if value.dtype.kind in "US" else value.dtype.name
    dtype = f"dtype={name if name.isalnum() else repr(name)})"
    is_short = len(text.rpartition("\n")[2]) + len(dtype) + 1 <= _LINE
    return text + (" " if is_short else "\n      ") + dtype


def _value(tensor: pb.Tensor) -> object:
    where = f"tensor {tensor.name!r}"
    if not tensor.name:
        raise BadInput("a tensor has no name; give each the name that the pipeline reads")
    if tensor.elem_type == _STRING:
        return "".join(tensor.str_data)
    if tensor.elem_type == _BYTES:
        return _loaded(tensor.byte_data, where)
    if tensor.elem_type not in _FIELDS:
        raise BadInput(f"{where}: elem_type {tensor.elem_type} is not taken; use one of {[*_FIELDS, _STRING, _BYTES]}")
    source, dtype = _FIELDS[tensor.elem_type]
    flat: Array = np.array(getattr(tensor, source))
    limits = np.iinfo(dtype) if flat.size and np.dtype(dtype).kind in "iu" else None
    if limits and (flat.min() < limits.min or flat.max() > limits.max):
        raise BadInput(f"{where}: {dtype} values must lie between {limits.min} and {limits.max}")
    try:
        return flat.astype(dtype).reshape(tuple(tensor.shape))
    except ValueError:
        shape = list(tensor.shape)
        raise BadInput(f"{where}: shape {shape} does not fit {flat.size} values in {source}") from None


def _loaded(stream: bytes, where: str) -> Array:
    try:
        array: Array = np.load(io.BytesIO(stream), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise BadInput(f"{where}: byte_data is no stream of numpy.save without objects ({error})") from None
    return array


def _fill(tensor: pb.Tensor, array: Array, *, as_bytes: bool) -> None:
    if as_bytes:
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=False)
        tensor.elem_type, tensor.byte_data = _BYTES, stream.getvalue()
        return
    if array.dtype.kind in "US":
        tensor.elem_type = _STRING
        tensor.str_data.extend(str(text) for text in array.ravel())
    else:
        number = _ELEM_TYPES.get(array.dtype.name)
        if number is None:
            raise BadInput(f"{tensor.name!r} of {array.dtype.name} cannot travel; use one of {sorted(_ELEM_TYPES)}")
        tensor.elem_type = number
        getattr(tensor, _FIELDS[number][0]).extend(array.ravel().tolist())
    tensor.shape.extend(array.shape)
