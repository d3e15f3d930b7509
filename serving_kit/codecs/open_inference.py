"""Read the Open Inference Protocol v2 over REST, requests and answers, with the binary tensor extension.

A body is a JSON header, followed by the raw little-endian bytes of those tensors whose parameters say
`binary_data_size`; `Inference-Header-Content-Length` tells where the header ends. A level of detail travels as the
tensor parameter `"lod": "0,3,8"`. Elements of BYTES tensors are `bytes` once decoded.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving_kit.codecs.bfloat16 import to_bits
from serving_kit.codecs.json_array import (
    flat_array,
    kind,
    parse_object,
    plain_numbers,
    plain_shape,
    shaped,
)
from serving_kit.codecs.raw import LITTLE, flat_from_bytes
from serving_kit.errors import BadInput
from serving_kit.types import Array, Body, ElementType, InferRequest, NamedTensor, Tensor

DATATYPES: Mapping[ElementType, str] = {
    ElementType.BOOL: "BOOL",
    ElementType.UINT8: "UINT8",
    ElementType.INT8: "INT8",
    ElementType.INT16: "INT16",
    ElementType.INT32: "INT32",
    ElementType.INT64: "INT64",
    ElementType.FP16: "FP16",
    ElementType.BF16: "BF16",
    ElementType.FP32: "FP32",
    ElementType.FP64: "FP64",
    ElementType.STRING: "BYTES",
}
MODEL_VERSION = "1"  # models have one version here; it is accepted in paths and messages because clients send it
_REFUSED = {
    "shared_memory_region": "send the values with the request, and read them in the answer",
    "classification": "ask for the values and sort them",
}
PLAIN: Mapping[ElementType, np.dtype[np.generic]] = {
    plain: dtype
    for plain, dtype in LITTLE.items()
    if plain in DATATYPES and dtype.isnative and plain not in (ElementType.STRING, ElementType.BOOL)
}
"""The dtype of the raw bytes that are a tensor's values as they stand."""
_ELEMENT_TYPES = {datatype: element_type for element_type, datatype in DATATYPES.items()}


@dataclass(slots=True)  # not frozen, as the types of a request are not
class DecodedRequest:
    """An inference request, and how its sender wants to be answered: `is_binary` by output name."""

    infer: InferRequest
    request_id: str
    is_binary: Callable[[str], bool]


def decode_request(body: Body, header_length: int | None = None) -> DecodedRequest:
    """Read a request; BadInput names the input or the field that is wrong."""
    header, raw = _split(body, header_length)
    parameters = _object(header, "parameters", "the request")
    default = parameters.get("binary_data_output") is True
    wishes: dict[str, object] = {}
    for output in _array(header, "outputs"):
        name, fields = _named(output, "outputs")
        wishes[name] = _wish(fields, name)
    tensors = tuple(_tensors(_array(header, "inputs"), raw, "input"))
    infer = InferRequest(tensors, tuple(wishes), deadline_s=deadline_of(parameters.get("timeout")))

    def is_binary(name: str) -> bool:
        wish = wishes.get(name)
        return default if wish is None else wish is True

    return DecodedRequest(infer, str(header.get("id") or ""), is_binary)


def decode_response(body: bytes, header_length: int | None = None) -> dict[str, NamedTensor]:
    """Read an answer's tensors by output name; BadInput names what is wrong."""
    header, raw = _split(body, header_length)
    return {named.name: named for named in _tensors(_array(header, "outputs"), raw, "output")}


def _split(body: Body, header_length: int | None) -> tuple[dict[str, Any], memoryview]:
    view = memoryview(body)
    if header_length is None:
        return parse_object(body), view[:0]
    if not 0 < header_length <= len(body):
        raise BadInput(f"Inference-Header-Content-Length is {header_length}, but the body holds {len(body)} bytes")
    return parse_object(view[:header_length]), view[header_length:]


def _tensors(items: list[object], raw: memoryview, role: str) -> Iterable[NamedTensor]:
    for item in items:
        plain, size_bytes = _plain_tensor(item, raw)
        if plain:
            raw = raw[size_bytes:] if size_bytes else raw
            yield plain
            continue
        name, fields = _named(item, f"{role}s")
        where = f"{role} {name!r}"
        element_type = element_type_of(fields.get("datatype"), where)
        parameters = _object(fields, "parameters", where)
        refuse_parameters(parameters, where)
        size = parameters.get("binary_data_size")
        if size is None:
            flat = _from_json(fields.get("data"), element_type, where)
        elif type(size) is int and 0 <= size <= len(raw):
            flat, raw = flat_from_bytes(raw[:size], element_type, where), raw[size:]
        else:
            raise BadInput(
                f"{where}: binary_data_size is {size!r}, but {len(raw)} bytes of binary data are left for it"
            )
        lod = lod_of(parameters.get("lod"), where)
        yield NamedTensor(name, Tensor(shaped(flat, fields.get("shape"), where), lod), "", element_type)
    if len(raw):
        raise BadInput(f"{len(raw)} bytes of binary data belong to no {role}")


def _plain_tensor(item: object, raw: memoryview) -> tuple[NamedTensor | None, int]:
    """Read a tensor of plain numbers, JSON or raw, at half the cost; None for all that is unusual about one, or wrong.

    Returns how many of the raw bytes are its own too.
    """
    if type(item) is not dict:
        return None, 0
    name, datatype, parameters = item.get("name"), item.get("datatype"), item.get("parameters")
    element_type = _ELEMENT_TYPES.get(datatype) if type(datatype) is str else None
    if element_type is None or type(name) is not str:
        return None, 0
    size = 0
    if parameters is None:
        flat = plain_numbers(item.get("data"), element_type)
    else:
        flat = _plain_block(parameters, element_type, raw)
        size = 0 if flat is None else flat.nbytes
    array = None if flat is None else plain_shape(flat, item.get("shape"))
    return (None, 0) if array is None else (NamedTensor(name, Tensor(array), "", element_type), size)


def _plain_block(parameters: object, element_type: ElementType, raw: memoryview) -> Array | None:
    """Read a tensor's raw bytes where its parameters say their number, and nothing else."""
    size = parameters.get("binary_data_size") if type(parameters) is dict and len(parameters) == 1 else None
    dtype = PLAIN.get(element_type)
    if type(size) is not int or dtype is None or not 0 < size <= len(raw) or size % dtype.itemsize:
        return None
    array: Array = np.frombuffer(raw, dtype, size // dtype.itemsize)
    return array


def _wish(output: dict[str, Any], name: str) -> object:
    if "parameters" not in output:
        return None
    where = f"output {name!r}"
    parameters = _object(output, "parameters", where)
    refuse_parameters(parameters, where)
    return parameters.get("binary_data")


def element_type_of(datatype: object, where: str) -> ElementType:
    """Return the element type of a datatype's name; BadInput lists the names there are."""
    element_type = _ELEMENT_TYPES.get(datatype if isinstance(datatype, str) else "")
    if element_type is None:
        raise BadInput(f"{where}: datatype {repr(datatype)[:40]} is unknown; use one of {list(_ELEMENT_TYPES)}")
    return element_type


def _from_json(values: object, element_type: ElementType, where: str) -> Array:
    if element_type is ElementType.BF16:
        return to_bits(flat_array(values, ElementType.FP32, where).astype(np.float32, copy=False))
    return flat_array(values, element_type, where)


def refuse_parameters(parameters: Iterable[str], where: str) -> None:
    """Refuse Triton's extensions that would change what is read or answered; other parameters are passed over."""
    for name in parameters:
        if name in _REFUSED:
            raise BadInput(f"{where}: parameter {name} is not taken; {_REFUSED[name]}")


def lod_of(value: object, where: str) -> tuple[int, ...]:
    """Read a level of detail as parameters write it, "0,3,8"; empty where there is none."""
    try:
        return tuple(int(part) for part in str(value).split(",")) if value else ()
    except ValueError:
        raise BadInput(f'{where}: parameter lod must look like "0,3,8", got {str(value)[:80]!r}') from None


def deadline_of(timeout_us: object) -> float | None:
    """Return the seconds that a request's parameter `timeout`, in microseconds, allows; None where it has none."""
    if timeout_us is None:
        return None
    if type(timeout_us) is not int or timeout_us <= 0:
        raise BadInput(f"parameter timeout must be a number of microseconds above 0, got {timeout_us!r}")
    return timeout_us / 1e6


def _named(item: object, field: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise BadInput(f"every element of {field} must be an object with a name")
    return item["name"], item


def _array(header: Mapping[str, Any], field: str) -> list[object]:
    value = header.get(field) or []
    if not isinstance(value, list):
        raise BadInput(f"{field} must be an array, not {kind(value)}")
    return value


def _object(fields: Mapping[str, Any], field: str, where: str) -> dict[str, Any]:
    value = fields.get(field) or {}
    if not isinstance(value, dict):
        raise BadInput(f"{where}: {field} must be an object, not {kind(value)}")
    return value
