"""Tensors and their descriptions: what every layer passes to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput

Array: TypeAlias = NDArray[np.generic]
Body: TypeAlias = bytes | bytearray
"""A message as it came: what came in several parts was put together in a bytearray."""


class ElementType(IntEnum):
    """Element types by Paddle Serving's numbers (`general_model_service.proto`, field `elem_type`)."""

    INT64 = 0
    FP32 = 1
    INT32 = 2
    FP64 = 3
    INT16 = 4
    FP16 = 5
    BF16 = 6
    UINT8 = 7
    INT8 = 8
    BOOL = 9
    COMPLEX64 = 10
    COMPLEX128 = 11
    STRING = 20

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Return the numpy dtype that holds it; bfloat16 travels as its uint16 bits, strings as objects."""
        return _NUMPY[self]

    @classmethod
    def of(cls, dtype: np.dtype[np.generic] | str) -> "ElementType":
        """Return the element type of a numpy dtype or its name; BadInput names a dtype Paddle Serving has none for."""
        found = _TYPES.get(dtype)
        if found is None:  # bytes in another order, or none of these
            name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
            found = _TYPES.get(name)
        if found is None:
            raise BadInput(f"tensors of dtype {name!r} cannot travel; use one of {sorted(set(_DTYPES.values()))}")
        return found


_DTYPES = {
    ElementType.INT64: "int64",
    ElementType.FP32: "float32",
    ElementType.INT32: "int32",
    ElementType.FP64: "float64",
    ElementType.INT16: "int16",
    ElementType.FP16: "float16",
    ElementType.BF16: "uint16",
    ElementType.UINT8: "uint8",
    ElementType.INT8: "int8",
    ElementType.BOOL: "bool",
    ElementType.COMPLEX64: "complex64",
    ElementType.COMPLEX128: "complex128",
    ElementType.STRING: "object",
}


_NUMPY = {element_type: np.dtype(name) for element_type, name in _DTYPES.items()}
# The dtypes themselves too: to ask one for its name costs more than the rest of a small tensor's way.
_TYPES: dict[np.dtype[np.generic] | str, ElementType] = {
    key: element_type
    for element_type, name in _DTYPES.items()
    if element_type is not ElementType.BF16
    for key in (name, np.dtype(name))
} | {"bfloat16": ElementType.BF16}


# What follows is made for every request, and nobody changes it. It is not frozen because that makes making it four
# times as slow, 5 µs of a small request's 40.
@dataclass(slots=True, eq=False)
class Tensor:
    """An array and, where sequences of different lengths are packed into it, its level of detail.

    `lod` holds one level of row offsets, e.g. (0, 3, 8) for two sequences of 3 and 5 rows; empty for a plain tensor.
    """

    array: Array
    lod: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """What a model takes or gives under one name.

    `shape` includes the batch axis; -1 is a dimension the request decides. `finite` inputs refuse NaN and infinity.
    """

    name: str
    alias: str
    element_type: ElementType
    shape: tuple[int, ...]
    is_lod: bool = False
    finite: bool = False


@dataclass(slots=True)
class NamedTensor:
    """A tensor as a request names it; either name may be empty, and `element_type` is None where nobody said."""

    name: str
    tensor: Tensor
    alias: str = ""
    element_type: ElementType | None = None


@dataclass(slots=True)
class InferRequest:
    """What every protocol decodes to: tensors in the order sent, and the aliases to answer with (none: all).

    `may_lack_batch` says that a tensor one axis short is one instance: Paddle Serving's clients send some so.
    """

    tensors: tuple[NamedTensor, ...]
    fetch: tuple[str, ...] = ()
    log_id: int = 0
    profile: bool = False
    deadline_s: float | None = None
    may_lack_batch: bool = False


@dataclass(slots=True)
class ModelOutput:
    """What one engine of a server answers: outputs in the order asked for."""

    engine_name: str
    model_name: str
    tensors: tuple[NamedTensor, ...]


@dataclass(slots=True)
class InferResponse:
    """What every protocol answers with: one output an engine that answers, `profile_us` as start, end pairs since 1970.

    `err_no` and `err_msg` tell a failure where the protocol has no place of its own for one.
    """

    outputs: tuple[ModelOutput, ...]
    profile_us: tuple[int, ...] = ()
    log_id: int = 0
    err_no: int = 0
    err_msg: str = ""


def split_lod(feed: Mapping[str, object]) -> dict[str, Tensor]:
    """Turn `{"words": array, "words.lod": [0, 3]}`, as Paddle Serving's clients write it, into tensors by name."""
    tensors = {}
    for name, value in feed.items():
        if name.endswith(".lod"):
            continue
        lod = np.asarray(feed.get(f"{name}.lod", ()), dtype=np.int64).ravel()
        tensors[name] = value if isinstance(value, Tensor) else Tensor(np.asarray(value), tuple(int(n) for n in lod))
    return tensors


def join_lod(tensors: Mapping[str, Tensor]) -> dict[str, Array]:
    """Undo `split_lod`: arrays by name, with `<name>.lod` (int32) beside those that have one."""
    arrays: dict[str, Array] = {}
    for name, tensor in tensors.items():
        arrays[name] = tensor.array
        if tensor.lod:
            arrays[f"{name}.lod"] = np.asarray(tensor.lod, dtype=np.int32)
    return arrays
