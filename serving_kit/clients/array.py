"""Arrays as callers hold them, and tensors as they travel: bfloat16 is float32 to callers, strings are objects."""

import numpy as np

from serving_kit.codecs.bfloat16 import from_bits, to_bits
from serving_kit.types import Array, ElementType, NamedTensor


def as_element(value: object, element_type: ElementType, where: str) -> Array:
    """Return a value as an array of an element type; ValueError names what cannot become one without loss.

    Floats are rounded to narrower floats, to bfloat16 too, for which a uint16 array is taken as its bits.
    """
    if element_type is ElementType.STRING:
        return _texts(value, where)
    array = np.asarray(value)
    if element_type is ElementType.BF16:
        if array.dtype == np.uint16:
            return array
        return to_bits(as_element(array, ElementType.FP32, where).astype(np.float32))
    if array.dtype == element_type.dtype:
        return array
    if array.dtype.kind not in "biufc" or (array.dtype.kind == "c" and element_type.dtype.kind != "c"):
        raise ValueError(f"{where} must hold {element_type.name} values, not {array.dtype}")
    with np.errstate(over="ignore", invalid="ignore"):
        cast = array.astype(element_type.dtype)
    if cast.dtype.kind in "biu" and not np.array_equal(array, cast):
        raise ValueError(f"{where} holds values that {cast.dtype} cannot; give the model what it takes")
    return cast


def _texts(value: object, where: str) -> Array:
    # Through an array of fixed-size bytes a text would lose the zeros at its end.
    texts = value.astype(object) if isinstance(value, np.ndarray) else np.array(value, dtype=object)
    for item in texts.ravel():
        if not isinstance(item, (str, bytes)):
            raise ValueError(f"{where} must hold text, not {type(item).__name__}")
    return texts


def as_array(named: NamedTensor) -> Array:
    """Return a tensor that came as an array of its own, which may be written into."""
    array = named.tensor.array
    if named.element_type is ElementType.BF16:
        return from_bits(array.astype(np.uint16))
    return array if array.flags.writeable else array.copy()
