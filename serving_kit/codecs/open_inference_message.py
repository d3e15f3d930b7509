"""Open Inference Protocol v2 over gRPC: the messages of open_inference.proto as tensors, both ways.

Inputs are read raw (`raw_input_contents`, one an input) or typed (`contents`); answers are raw, which is all that
Triton's client reads. A level of detail travels as the tensor parameter `lod`, "0,3,8", as over REST.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from serving_kit.codecs.json_array import shaped
from serving_kit.codecs.open_inference import (
    DATATYPES,
    MODEL_VERSION,
    deadline_of,
    element_type_of,
    lod_of,
    refuse_parameters,
)
from serving_kit.codecs.open_inference_pb2 import (
    InferParameter,
    InferTensorContents,
    ModelInferRequest,
    ModelInferResponse,
)
from serving_kit.codecs.raw import flat_from_bytes, raw_bytes
from serving_kit.errors import BadInput
from serving_kit.types import Array, ElementType, InferRequest, NamedTensor, Tensor

_CONTENTS = {
    ElementType.BOOL: "bool_contents",
    ElementType.UINT8: "uint_contents",
    ElementType.INT8: "int_contents",
    ElementType.INT16: "int_contents",
    ElementType.INT32: "int_contents",
    ElementType.INT64: "int64_contents",
    ElementType.FP32: "fp32_contents",
    ElementType.FP64: "fp64_contents",
    ElementType.STRING: "bytes_contents",
}
_FIELDS = tuple(field.name for field in InferTensorContents.DESCRIPTOR.fields)


def decode_request(message: ModelInferRequest) -> InferRequest:
    """Read a request; BadInput names the input or the field that is wrong."""
    raw = message.raw_input_contents
    if raw and len(raw) != len(message.inputs):
        raise BadInput(f"raw_input_contents holds {len(raw)} tensors, but there are {len(message.inputs)} inputs")
    tensors = tuple(
        NamedTensor(name, tensor, "", element_type)
        for name, element_type, tensor in _tensors(message.inputs, raw, "input")
    )
    for output in message.outputs:
        refuse_parameters(output.parameters, f"output {output.name!r}")
    fetch = tuple(output.name for output in message.outputs)
    return InferRequest(tensors, fetch, deadline_s=deadline_of(_value(message.parameters.get("timeout"))))


def encode_request(
    model: str,
    tensors: Mapping[str, Tensor | NamedTensor],
    outputs: Sequence[str] = (),
    *,
    version: str = "",
    request_id: str = "",
) -> ModelInferRequest:
    """Write a request with raw tensors; a NamedTensor says by its element type what its dtype does not."""
    message = ModelInferRequest(model_name=model, model_version=version, id=request_id)
    for name in outputs:
        message.outputs.add(name=name)
    for name, tensor in tensors.items():
        named = tensor if isinstance(tensor, NamedTensor) else NamedTensor(name, tensor)
        _describe(message.inputs.add(), name, named.tensor, named.element_type)
        message.raw_input_contents.append(raw_bytes(named.tensor.array))
    return message


def encode_response(model_name: str, outputs: Mapping[str, NamedTensor], *, request_id: str = "") -> ModelInferResponse:
    """Write an answer with raw tensors, in the order and under the names given."""
    message = ModelInferResponse(model_name=model_name, model_version=MODEL_VERSION, id=request_id)
    for name, named in outputs.items():
        _describe(message.outputs.add(), name, named.tensor, named.element_type)
        message.raw_output_contents.append(raw_bytes(named.tensor.array))
    return message


def decode_response(message: ModelInferResponse) -> dict[str, NamedTensor]:
    """Read an answer's tensors by output name, raw or typed; BadInput names what is wrong."""
    raw = message.raw_output_contents
    if raw and len(raw) != len(message.outputs):
        raise BadInput(f"raw_output_contents holds {len(raw)} tensors, but there are {len(message.outputs)} outputs")
    return {
        name: NamedTensor(name, tensor, "", element_type)
        for name, element_type, tensor in _tensors(message.outputs, raw, "output")
    }


def _tensors(items: Sequence[Any], raw: Sequence[bytes], role: str) -> Iterator[tuple[str, ElementType, Tensor]]:
    for index, item in enumerate(items):
        where = f"{role} {item.name!r}"
        refuse_parameters(item.parameters, where)
        element_type = element_type_of(item.datatype, where)
        if raw:
            if item.HasField("contents"):
                raise BadInput(f"{where} has contents beside raw contents; send one of the two")
            flat = flat_from_bytes(memoryview(raw[index]), element_type, where)
        else:
            flat = _typed(item.contents, element_type, where)
        lod = lod_of(_value(item.parameters.get("lod")), where)
        yield item.name, element_type, Tensor(shaped(flat, list(item.shape), where), lod)


def _typed(contents: InferTensorContents, element_type: ElementType, where: str) -> Array:
    field = _CONTENTS.get(element_type)
    if field is None:
        raise BadInput(f"{where}: {element_type.name} has no typed contents; send it in raw_input_contents")
    stray = [name for name in _FIELDS if name != field and getattr(contents, name)]
    if stray:
        raise BadInput(f"{where}: datatype {DATATYPES[element_type]} reads {field}, not {stray[0]}")
    values = getattr(contents, field)
    if element_type is ElementType.STRING:
        array = np.empty(len(values), dtype=object)
        array[:] = values
        return array
    try:
        flat = np.array(values, dtype=np.float64 if element_type is ElementType.FP64 else None)
        exact = flat.astype(element_type.dtype)
    except (OverflowError, ValueError):
        exact = None
    if exact is None or (element_type.dtype.kind in "iu" and not np.array_equal(flat, exact)):
        raise BadInput(f"{where}: {field} holds values that {DATATYPES[element_type]} cannot")
    return exact


def _describe(item: Any, name: str, tensor: Tensor, element_type: ElementType | None) -> None:
    array = tensor.array
    if element_type is None:
        element_type = ElementType.STRING if array.dtype.kind in "OUS" else ElementType.of(array.dtype)
    if element_type not in DATATYPES:
        raise BadInput(f"tensor {name!r} of {element_type.name} has no datatype in the Open Inference Protocol")
    item.name = name
    item.datatype = DATATYPES[element_type]
    item.shape.extend(array.shape)
    if tensor.lod:
        item.parameters["lod"].string_param = ",".join(map(str, tensor.lod))


def _value(parameter: InferParameter | None) -> object:
    choice = parameter.WhichOneof("parameter_choice") if parameter is not None else None
    return getattr(parameter, choice) if choice else None
