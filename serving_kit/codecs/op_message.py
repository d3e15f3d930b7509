"""Values as they travel between a server and the processes of its ops: JSON, and the bytes of arrays behind it.

A message is the two sizes, then both. What JSON has (None, bool, int, float, str and lists) stands for itself; all else
is an object with one member, whose name says what it is. Python's own `json` writes it, because it keeps NaN, integers
of any size and lone surrogates, and makes each object a value as soon as it is read.
"""

import json
import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from serving_kit.errors import BadInput
from serving_kit.types import Array

SIZES = struct.Struct("=QQ")
"""What a message begins with: the bytes of its JSON, and of what follows that."""
DEEPEST = 100  # levels of dicts and lists in one another
_ALIGNMENT = 64
_SHOWN = 8  # keys in an error's text
_JSON = json.JSONEncoder(separators=(",", ":"))
_PLAIN = frozenset((type(None), bool, int, float, str))
_WANTED = "use dict, list, tuple, str, bytes, bool, int, float, None, and arrays and numbers of numpy without objects"


class _CannotTravelError(Exception):
    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.path: list[Any] = []


def encode(value: object, where: str, *, inside: int = 0) -> bytes:
    """Write a value; BadInput says where in it something is that cannot travel, and what can.

    With `inside` it is checked for a message in which it shall be in so many lists.
    """
    message = _Message()
    try:
        document = _JSON.encode(message.written(value, inside)).encode()
    except _CannotTravelError as error:
        place = "".join(f"[{key!r}]" for key in error.path[:_SHOWN])
        raise BadInput(f"{where}{place}: {error} cannot travel between processes; {_WANTED}") from None
    except ValueError as error:  # an integer of thousands of digits
        raise BadInput(f"{where}: {error}") from None
    document += b" " * (-len(document) % _ALIGNMENT)
    return b"".join((SIZES.pack(len(document), message.size), document, *message.parts))


def decode(document: bytes | memoryview, behind: NDArray[np.uint8]) -> Any:
    """Read a value from the JSON and the bytes behind it, which its arrays share."""
    return json.loads(bytes(document), object_hook=_Reading(behind).made)


class _Message:
    def __init__(self) -> None:
        self.parts: list[bytes | memoryview] = []
        self.size = 0

    def written(self, value: Any, depth: int = 0) -> Any:
        kind = type(value)
        if kind in _PLAIN:
            return value
        if depth == DEEPEST:
            raise _CannotTravelError(f"what is in more than {DEEPEST} others, or in itself,")
        if isinstance(value, dict):
            keys = self._each(value, value, depth)
            return {"dict": [keys, self._each(value.values(), value, depth)]}
        if kind is list:
            return value if _PLAIN.issuperset(map(type, value)) else self._each(value, range(len(value)), depth)
        if kind is tuple:
            return {"tuple": self._each(value, range(len(value)), depth)}
        write = _WRITERS.get(kind) or (_Message.scalar if isinstance(value, np.generic) else None)
        if write is None:
            raise _CannotTravelError(f"a value of {kind}")
        return write(self, value)

    def _each(self, values: Any, names: Any, depth: int) -> list[Any]:
        written = []
        for value, name in zip(values, names, strict=True):
            try:
                written.append(self.written(value, depth + 1))
            except _CannotTravelError as error:
                error.path.insert(0, name)
                raise
        return written

    def array(self, value: Array) -> object:
        return {"array": [self.written(_described(value.dtype)), list(value.shape), self._put(value)]}

    def scalar(self, value: np.generic) -> object:
        array = np.asarray(value)
        return {"scalar": [self.written(_described(array.dtype)), [], self._put(array)]}

    def blob(self, value: bytes) -> object:
        return {"bytes": self._span(value)}

    def numpy_bytes(self, value: np.bytes_) -> object:
        return {"numpy.bytes_": self._span(value)}

    def numpy_str(self, value: np.str_) -> object:
        return {"numpy.str_": str(value)}

    def _span(self, value: bytes) -> list[int]:
        start = self._append(memoryview(value).cast("B"))
        return [start, start + len(value)]

    def _put(self, array: Array) -> int:
        if not array.nbytes:
            return 0
        return self._append(np.asarray(array, order="C").reshape(-1).view(np.uint8).data)

    def _append(self, part: memoryview) -> int:
        start = -(-self.size // _ALIGNMENT) * _ALIGNMENT
        self.parts += (bytes(start - self.size), part)
        self.size = start + len(part)
        return start


_WRITERS: dict[type, Callable[[_Message, Any], object]] = {
    np.ndarray: _Message.array,
    bytes: _Message.blob,
    np.bytes_: _Message.numpy_bytes,  # an array would lose the zeros at the end, as it would of text
    np.str_: _Message.numpy_str,
}


class _Reading:
    def __init__(self, behind: NDArray[np.uint8]) -> None:
        self._behind = behind

    def made(self, written: dict[str, Any]) -> Any:
        ((name, value),) = written.items()
        return _READERS[name](self, value)

    def array(self, written: Sequence[Any]) -> Array:
        description, shape, start = written
        dtype = npy.descr_to_dtype(description)  # type: ignore[no-untyped-call]
        return np.ndarray(shape, dtype, buffer=self._behind, offset=start)

    def scalar(self, written: Sequence[Any]) -> Any:
        return self.array(written)[()]

    def blob(self, written: Sequence[int]) -> bytes:
        start, end = written
        return self._behind[start:end].tobytes()


_READERS: dict[str, Callable[[_Reading, Any], Any]] = {
    "array": _Reading.array,
    "bytes": _Reading.blob,
    "dict": lambda _, value: dict(zip(*value, strict=True)),
    "numpy.bytes_": lambda reading, value: np.bytes_(reading.blob(value)),
    "numpy.str_": lambda _, value: np.str_(value),
    "scalar": _Reading.scalar,
    "tuple": lambda _, value: tuple(value),
}


@lru_cache(maxsize=256)
def _described(dtype: np.dtype[Any]) -> Any:
    """Return a type in the words of numpy's own files, where they say all there is to say."""
    if not dtype.hasobject and not dtype.metadata:
        try:
            description = npy.dtype_to_descr(dtype)  # type: ignore[no-untyped-call]
            if npy.descr_to_dtype(description) == dtype:  # type: ignore[no-untyped-call]
                return description
        except ValueError:  # fields that overlap
            pass
    raise _CannotTravelError(f"an array of {dtype.name}")
