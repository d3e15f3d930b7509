"""The raw little-endian bytes of a tensor, as the Open Inference Protocol carries them over REST and gRPC."""

import sys

import numpy as np

from serving_kit.errors import BadInput
from serving_kit.types import Array, ElementType

_IS_LITTLE = sys.byteorder == "little"
LITTLE = {element_type: element_type.dtype.newbyteorder("<") for element_type in ElementType}
"""The dtype of an element type's raw bytes."""


def flat_from_bytes(block: memoryview, element_type: ElementType, where: str) -> Array:
    """Return raw little-endian values as a flat array, BYTES as objects; BadInput where they are not whole."""
    if element_type is ElementType.STRING:
        return _byte_strings(block, where)
    dtype = LITTLE[element_type]
    if len(block) % dtype.itemsize:
        raise BadInput(f"{where}: {len(block)} bytes are no whole number of {element_type.name} values")
    if element_type is ElementType.BOOL:
        return np.frombuffer(block, dtype=np.uint8).astype(np.bool_)
    array: Array = np.frombuffer(block, dtype=dtype)
    return array if array.dtype.isnative else array.astype(element_type.dtype)


def _byte_strings(block: memoryview, where: str) -> Array:
    strings: list[bytes] = []
    at = 0
    while at < len(block):
        start = at + 4
        at = start + int.from_bytes(block[at:start], "little")
        if start > len(block) or at > len(block):
            raise BadInput(f"{where}: the binary data ends inside element {len(strings)}")
        strings.append(bytes(block[start:at]))
    array = np.empty(len(strings), dtype=object)
    array[:] = strings
    return array


def raw_bytes(array: Array) -> bytes:
    """Undo `flat_from_bytes`; BadInput for objects that are neither strings nor bytes."""
    if array.dtype.kind not in "OUS":
        array = array if _IS_LITTLE and array.dtype.isnative else array.astype(array.dtype.newbyteorder("<"))
        return array.tobytes()
    items = [text.encode() if isinstance(text, str) else text for text in array.ravel()]
    if not all(isinstance(item, bytes) for item in items):
        raise BadInput("an array of objects must hold strings or bytes only to travel as BYTES")
    return b"".join(len(item).to_bytes(4, "little") + item for item in items)
