"""Check that parameter files are whole, because Paddle loads a truncated one without a word and computes with noise.

A file holds tensors one after the other, each as Paddle's `SerializeToStream` writes it: uint32 version 0, uint64
number of LoD levels, each level's uint64 size and bytes, uint32 version 0, int32 size of a `TensorDesc` message, the
message, the data.
"""

import struct
from math import prod
from pathlib import Path
from typing import BinaryIO

from serving_kit.errors import ModelFileError
from serving_kit.runtime.framework import paddle
from serving_kit.types import ElementType


def check(path: Path, count: int) -> None:
    """Raise ModelFileError unless `path` holds exactly `count` whole tensors; reads their headers only."""
    remedy = "fetch or convert the model again"
    size_bytes = path.stat().st_size
    found = 0
    with path.open("rb") as file:
        try:
            while file.tell() < size_bytes:
                _skip_tensor(file)
                found += 1
        except Exception:  # noqa: BLE001 - struct, protobuf and enum each raise their own on foreign bytes
            raise ModelFileError(f"{path} is damaged after {found} of its {count} tensors; {remedy}") from None
        if file.tell() > size_bytes:
            raise ModelFileError(
                f"{path} is cut off: {file.tell() - size_bytes} bytes are missing from tensor {found}; {remedy}"
            )
    if found != count:
        raise ModelFileError(f"{path} holds {found} tensors where the program has {count} parameters; {remedy}")


def _skip_tensor(file: BinaryIO) -> None:
    paddle()  # the generated message below imports the package
    from paddle.base.proto.framework_pb2 import VarType

    version, levels = _unpack(file, "<IQ")
    for _ in range(levels):
        file.seek(_unpack(file, "<Q")[0], 1)
    tensor_version, desc_bytes = _unpack(file, "<Ii")
    if version or tensor_version or desc_bytes < 0:
        raise ValueError("no tensor starts here")
    desc = VarType.TensorDesc.FromString(file.read(desc_bytes))
    element_type = ElementType[VarType.Type.Name(desc.data_type)]
    if any(size < 0 for size in desc.dims):
        raise ValueError("a stored tensor has no open axes")
    file.seek(prod(desc.dims) * element_type.dtype.itemsize, 1)


def _unpack(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))
