"""Tensors of the Open Inference Protocol as a pipeline's values, and back."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from serving_kit.pipeline.codes import WrongType
from serving_kit.types import Array, ElementType, Tensor, join_lod


def values_of(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return what ops read: arrays, with `<name>.lod` beside packed ones; one string as text, several as a list.

    A string that is no UTF-8, such as a picture's file, stays bytes.
    """
    values: dict[str, Any] = dict(join_lod(tensors))
    for name, tensor in tensors.items():
        if tensor.array.dtype.kind == "O":
            texts = [_text(element) for element in tensor.array.ravel()]
            values[name] = texts[0] if len(texts) == 1 else texts
    return values


def tensors_of(values: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return what the last op gave as tensors; WrongType names a value that is none and no text either."""
    tensors = {}
    for name, value in values.items():
        if name.endswith(".lod") and name.removesuffix(".lod") in values:
            continue
        lod = np.asarray(values.get(f"{name}.lod", ()), np.int64).ravel()
        tensors[name] = Tensor(_array(name, value), tuple(int(offset) for offset in lod))
    return tensors


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the last op gave as text, numbers and nested lists; WrongType names a value that is neither."""
    return {name: _plain(name, value) for name, value in values.items()}


def _plain(name: str, value: object) -> object:
    if isinstance(value, str | int | float | bool | None):
        return value
    tensor = _array(name, value)
    if tensor.dtype.kind == "O":
        texts = [_text(element) for element in tensor.ravel()]
        if any(isinstance(text, bytes) for text in texts):
            raise WrongType(f"{name!r} holds bytes, which JSON cannot; ask by the Open Inference Protocol")
        return texts[0] if isinstance(value, str | bytes) else np.array(texts, object).reshape(tensor.shape).tolist()
    return tensor.tolist()


def _array(name: str, value: object) -> Array:
    if isinstance(value, str | bytes):
        return _objects([value]).reshape(1)
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise WrongType(f"{name!r} is no array: {error}; let the last op give text or arrays") from None
    if array.dtype.kind in "US" or (array.size and all(isinstance(one, str | bytes) for one in array.flat)):
        return _objects(array.ravel().tolist()).reshape(array.shape)
    if array.dtype.kind not in "biufc":
        raise WrongType(f"{name!r} is {type(value).__name__}; let the last op give text or arrays of numbers")
    ElementType.of(array.dtype)
    return array


def _objects(texts: list[str | bytes]) -> Array:
    array = np.empty(len(texts), object)
    array[:] = [text.encode() if isinstance(text, str) else text for text in texts]
    return array


def _text(element: object) -> str | bytes:
    raw = element.encode() if isinstance(element, str) else bytes(element)  # type: ignore[call-overload]
    try:
        return str(raw, "utf-8")
    except UnicodeDecodeError:
        return bytes(raw)
