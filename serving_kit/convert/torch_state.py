"""A PyTorch state dict as arrays, read without PyTorch and without unpickling anything.

`pickletools.genops` only names the opcodes of a pickle; the machine below obeys the few that a state dict needs. It
knows plain values, ordered dicts, tensors and their storages, and refuses every other name it meets, so a file can do
no more than be refused. Formats: that of torch.save before 1.6 (pickles one after another, then the storages) and the
zip file since (https://docs.pytorch.org/docs/stable/notes/serialization.html).
"""

import math
import pickletools
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.errors import BadInput
from serving_kit.types import Array

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_ORDERED_DICT, _REBUILD_TENSOR = "collections OrderedDict", "torch._utils _rebuild_tensor_v2"
_NAMES = {_ORDERED_DICT, _REBUILD_TENSOR, *(f"torch {storage}" for storage in _DTYPES)}

# What the readers of pickles, structs and zips raise on bytes that are not what they seem.
_DAMAGE = (
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError, EOFError),
    *(struct.error, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError),
)


@dataclass(frozen=True)
class _Name:
    """A class or function the pickle speaks of; here it stays a word."""

    text: str


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: str
    count: int

    @property
    def size_bytes(self) -> int:
        return self.count * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class _View:
    """A tensor: how it lies in its storage, in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch_state(path: Path) -> dict[str, Array]:
    """Return the tensors of a `.pth` file by name, in the file's order.

    BadInput where the file is no state dict, is damaged, or names anything a state dict has no need of.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as bundle:
                return _read_zip(bundle)
        # In memory a read stops at the end, whatever length a damaged pickle claims.
        return _read_legacy(BytesIO(path.read_bytes()))
    except _Refused as error:
        raise BadInput(f"{path.name} is refused as a PyTorch state dict: {error}") from None
    except _DAMAGE as error:
        raise BadInput(f"{path.name} cannot be read as a PyTorch state dict ({error}); fetch it again") from None


class _Refused(Exception):
    """The file asks for something a state dict has no need of."""


def _read_zip(bundle: zipfile.ZipFile) -> dict[str, Array]:
    pickles = [name for name in bundle.namelist() if name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ValueError("no data.pkl inside")
    root = pickles[0].removesuffix("data.pkl")
    if f"{root}byteorder" in bundle.namelist() and bundle.read(f"{root}byteorder") != b"little":
        raise _Refused("its numbers are big-endian")
    views = _views(_run(BytesIO(_member(bundle, pickles[0]))))
    keys = {view.storage.key for view in views.values()}
    storages = {key: _member(bundle, f"{root}data/{key}") for key in keys}
    return {name: _array(name, view, storages[view.storage.key]) for name, view in views.items()}


def _member(bundle: zipfile.ZipFile, name: str) -> bytes:
    """Read a member that is stored as it is; torch.save compresses nothing, so a bomb has no place to hide."""
    if bundle.getinfo(name).compress_type != zipfile.ZIP_STORED:
        raise _Refused(f"{name} is compressed")
    return bundle.read(name)


def _read_legacy(file: BytesIO) -> dict[str, Array]:
    if _run(file) != _MAGIC or _run(file) != _PROTOCOL:
        raise ValueError("it does not begin as torch.save begins")
    if not _run(file)["little_endian"]:
        raise _Refused("its numbers are big-endian")
    views = _views(_run(file))
    known = {view.storage.key: view.storage for view in views.values()}
    storages = {}
    for key in _run(file):
        (count,) = struct.unpack("<q", file.read(8))
        if count != known[key].count:
            raise ValueError(f"storage {key} has {count} elements of {known[key].count}")
        storages[key] = file.read(known[key].size_bytes)
    return {name: _array(name, view, storages[view.storage.key]) for name, view in views.items()}


def _views(state: Any) -> Mapping[str, _View]:
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(view, _View) for key, view in state.items()
    ):
        raise _Refused("it holds something else than tensors by name")
    return state


def _array(name: str, view: _View, storage: bytes) -> Array:
    dtype = np.dtype(view.storage.dtype)
    if len(storage) != view.storage.size_bytes:
        raise ValueError(f"storage {view.storage.key} has {len(storage)} bytes of {view.storage.size_bytes}")
    last = view.offset + sum((size - 1) * stride for size, stride in zip(view.shape, view.strides, strict=True))
    numbers = (view.offset, *view.shape, *view.strides)
    if min(numbers) < 0 or (0 not in view.shape and last >= view.storage.count):
        raise _Refused(f"tensor {name!r} reaches outside its storage")
    if math.prod(view.shape) > view.storage.count:
        raise _Refused(f"tensor {name!r} is larger than its storage")
    flat = np.frombuffer(storage, dtype)[view.offset :]
    strides = [stride * dtype.itemsize for stride in view.strides]
    return np.lib.stride_tricks.as_strided(flat, view.shape, strides, writeable=False).copy()


class _Machine:
    """A pickle machine without a way to import or to call: values on a stack, marks, a memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def since_mark(self) -> list[Any]:
        start = self.marks.pop()
        values, self.stack[start:] = self.stack[start:], []
        return values

    def pop(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise ValueError("its stack runs empty")
        values, self.stack[-count:] = self.stack[-count:], []
        return values

    def name(self, argument: str) -> None:
        if argument not in _NAMES:
            raise _Refused(f"it names {argument.replace(' ', '.')}")
        self.stack.append(_Name(argument))

    def set_items(self, values: list[Any]) -> None:
        self.stack[-1].update(zip(values[::2], values[1::2], strict=True))

    def storage(self) -> None:
        kind, name, key, _location, count, *view = self.pop(1)[0]
        if kind != "storage" or not isinstance(name, _Name) or any(view):
            raise _Refused("it holds a storage of an unknown kind")
        self.stack.append(_Storage(str(key), _DTYPES[name.text.removeprefix("torch ")], int(count)))

    def call(self) -> None:
        function, arguments = self.pop(2)
        if function == _Name(_ORDERED_DICT) and not arguments:
            self.stack.append({})
        elif function == _Name(_REBUILD_TENSOR):
            storage, offset, shape, strides = arguments[:4]
            if not isinstance(storage, _Storage):
                raise _Refused("it builds a tensor of something that is no storage")
            self.stack.append(_View(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides))))
        else:
            raise _Refused(f"it calls {getattr(function, 'text', function)!r}")


_FRAMING = {"PROTO", "FRAME", "STOP"}
_STEPS: dict[str, Callable[[_Machine, Any], object]] = {
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "GLOBAL": lambda machine, argument: machine.name(argument),
    "BINPERSID": lambda machine, _: machine.storage(),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.pop(1),  # attributes of a state dict, its version numbers: of no use here
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.pop(3))),
    "APPEND": lambda machine, _: (value := machine.pop(1), machine.stack[-1].extend(value)),
    "APPENDS": lambda machine, _: (values := machine.since_mark(), machine.stack[-1].extend(values)),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.since_mark()),
    **dict.fromkeys(
        ("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE"),
        lambda machine, argument: machine.stack.append(argument),
    ),
    **dict.fromkeys(
        ("BINPUT", "LONG_BINPUT"), lambda machine, argument: machine.memo.update({argument: machine.stack[-1]})
    ),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), lambda machine, argument: machine.stack.append(machine.memo[argument])),
}


def _run(file: BytesIO) -> Any:
    """Obey one pickle and return the value it builds."""
    machine = _Machine()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of escapes in text that is refused anyway
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name in _STEPS:
                _STEPS[opcode.name](machine, argument)
            elif opcode.name not in _FRAMING:
                raise _Refused(f"it uses the pickle opcode {opcode.name}")
    return machine.pop(1)[0]
