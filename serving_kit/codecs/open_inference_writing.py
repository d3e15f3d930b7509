"""Write the Open Inference Protocol v2 over REST, requests and answers, as `open_inference` reads them."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
import orjson

from serving_kit.codecs.bfloat16 import from_bits
from serving_kit.codecs.json_array import json_values
from serving_kit.codecs.open_inference import DATATYPES, MODEL_VERSION
from serving_kit.codecs.raw import raw_bytes
from serving_kit.errors import BadInput
from serving_kit.types import ElementType, NamedTensor, Tensor


def encode_request(tensors: Mapping[str, Tensor | NamedTensor], outputs: Sequence[str] = ()) -> tuple[bytes, int]:
    """Write a request with every tensor, and every answer asked for, binary; return it and its header's length.

    A NamedTensor says by its element type what its dtype does not: that uint16 values are the bits of bfloat16.
    """
    inputs, blocks = [], []
    for name, tensor in tensors.items():
        named = tensor if isinstance(tensor, NamedTensor) else NamedTensor(name, tensor)
        array, lod = named.tensor.array, named.tensor.lod
        blocks.append(raw_bytes(array))
        inputs.append(_described(name, array.shape, _element_type(name, named), len(blocks[-1]), lod))
    header: dict[str, object] = {"inputs": inputs, "parameters": {"binary_data_output": True}}
    if outputs:
        header["outputs"] = [{"name": name, "parameters": {"binary_data": True}} for name in outputs]
    text = orjson.dumps(header)
    return b"".join([text, *blocks]), len(text)


def encode_response(
    model_name: str,
    outputs: Mapping[str, NamedTensor],
    *,
    request_id: str = "",
    is_binary: Callable[[str], bool] = lambda _: False,
) -> tuple[bytes, int | None]:
    """Write an answer; return it and its header's length, None where no tensor of it is binary."""
    written: list[bytes] = []
    blocks: list[bytes] = []
    for name, named in outputs.items():
        if is_binary(name):
            blocks.append(raw_bytes(named.tensor.array))
            written.append(_opened(name, named, len(blocks[-1])) + b"}")
        else:
            data = orjson.dumps(_json_data(named), option=orjson.OPT_SERIALIZE_NUMPY)
            written.append(b'%b,"data":%b}' % (_opened(name, named), data))
    known_by = b',"id":%b' % orjson.dumps(request_id) if request_id else b""
    text = b'%b%b,"outputs":[%b]}' % (_start(model_name), known_by, b",".join(written))
    return b"".join([text, *blocks]) if blocks else text, len(text) if blocks else None


@lru_cache(maxsize=256)
def _start(model_name: str) -> bytes:
    return orjson.dumps({"model_name": model_name, "model_version": MODEL_VERSION})[:-1]


def _opened(name: str, named: NamedTensor, size_bytes: int | None = None) -> bytes:
    """Return what is said of a tensor up to its values, or to the brace that ends it."""
    tensor, element_type = named.tensor, _element_type(name, named)
    if tensor.lod:  # which may be long, and is hardly ever the same
        return orjson.dumps(_described(name, tensor.array.shape, element_type, size_bytes, tensor.lod))[:-1]
    return _opening(name, tensor.array.shape, element_type, size_bytes)


@lru_cache(maxsize=256)
def _opening(name: str, shape: tuple[int, ...], element_type: ElementType, size_bytes: int | None) -> bytes:
    return orjson.dumps(_described(name, shape, element_type, size_bytes))[:-1]


def _described(
    name: str, shape: tuple[int, ...], element_type: ElementType, size_bytes: int | None, lod: tuple[int, ...] = ()
) -> dict[str, object]:
    parameters: dict[str, object] = {} if size_bytes is None else {"binary_data_size": size_bytes}
    if lod:
        parameters["lod"] = ",".join(map(str, lod))
    described: dict[str, object] = {"name": name, "shape": shape, "datatype": DATATYPES[element_type]}
    return described | {"parameters": parameters} if parameters else described


def _element_type(name: str, named: NamedTensor) -> ElementType:
    element_type = named.element_type
    if element_type is None:
        dtype = named.tensor.array.dtype
        element_type = ElementType.STRING if dtype.kind in "OUS" else ElementType.of(dtype)
    if element_type not in DATATYPES:
        raise BadInput(f"tensor {name!r} of {element_type.name} has no datatype in the Open Inference Protocol")
    return element_type


def _json_data(named: NamedTensor) -> object:
    """Return the values as JSON numbers; a bfloat16 is a number too, though numpy holds its bits."""
    array = named.tensor.array
    return json_values(from_bits(array.view(np.uint16)) if named.element_type is ElementType.BF16 else array)
