"""Check that parameter files are whole, because Paddle loads a truncated one without a word and computes with noise.

A file holds tensors one after the other, each as Paddle's `SerializeToStream` writes it: uint32 version 0, uint64
number of LoD levels, each level's uint64 size and bytes, uint32 version 0, int32 size of a `TensorDesc` message, the
message, the data.
"""

import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import BinaryIO

from serving_kit.errors import ModelFileError
from serving_kit.runtime.framework import program_messages
from serving_kit.types import ElementType

_REMEDY = "fetch or convert the model again"


def check(program: Path, params: Path | None, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Raise ModelFileError unless a program's parameters, in one file or one each beside it, are all there and whole.

    `expected` maps their names, sorted, to their shapes. Reads headers only.
    """
    if params is not None:
        _check_file(params, expected)
        return
    missing = [name for name in expected if not program.with_name(name).is_file()]
    if missing:
        raise ModelFileError(f"{program.parent} lacks the parameter files {missing}; {_REMEDY}")
    for name, shape in expected.items():
        _check_file(program.with_name(name), {name: shape})


def shape_of(path: Path) -> tuple[int, ...]:
    """Return the shape of the one tensor in a parameter's own file; ModelFileError where no whole tensor is there."""
    with path.open("rb") as file:
        try:
            return _skip_tensor(file)
        except Exception:  # noqa: BLE001 - struct, protobuf and enum each raise their own on foreign bytes
            raise ModelFileError(f"{path} holds no tensor; {_REMEDY}") from None


def _check_file(path: Path, expected: Mapping[str, tuple[int, ...]]) -> None:
    size_bytes = path.stat().st_size
    found: list[tuple[int, ...]] = []
    with path.open("rb") as file:
        try:
            while file.tell() < size_bytes:
                found.append(_skip_tensor(file))
        except Exception:  # noqa: BLE001 - struct, protobuf and enum each raise their own on foreign bytes
            raise ModelFileError(
                f"{path} is damaged after {len(found)} of its {len(expected)} tensors; {_REMEDY}"
            ) from None
        missing_bytes = file.tell() - size_bytes
    if missing_bytes:
        raise ModelFileError(
            f"{path} is cut off: {missing_bytes} bytes are missing from tensor {len(found)}; {_REMEDY}"
        )
    if len(found) != len(expected):
        raise ModelFileError(f"{path} holds {len(found)} tensors but the program has {len(expected)}; {_REMEDY}")
    for shape, (name, wanted) in zip(found, expected.items(), strict=True):
        if len(shape) != len(wanted) or any(a != b >= 0 for a, b in zip(shape, wanted, strict=True)):
            raise ModelFileError(
                f"{path} gives {name} the shape {list(shape)} but the program has {list(wanted)}; {_REMEDY}"
            )


def _skip_tensor(file: BinaryIO) -> tuple[int, ...]:
    VarType = program_messages().VarType  # noqa: N806 - a class
    version, levels = _unpack(file, "<IQ")
    for _ in range(levels):
        file.seek(_unpack(file, "<Q")[0], 1)
    tensor_version, desc_bytes = _unpack(file, "<Ii")
    if version or tensor_version or desc_bytes < 0:
        raise ValueError("no tensor starts here")
    desc = VarType.TensorDesc.FromString(file.read(desc_bytes))
    if any(size < 0 for size in desc.dims):
        raise ValueError("a stored tensor has no open axes")
    element_type = ElementType[VarType.Type.Name(desc.data_type)]
    file.seek(prod(desc.dims) * element_type.dtype.itemsize, 1)
    return tuple(desc.dims)


def _unpack(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
