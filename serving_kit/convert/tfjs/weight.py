"""Weights of a TensorFlow.js model: shards of raw little-endian numbers, whole or quantised.

Format: https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts (`WeightsManifestConfig`).
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.errors import ModelFileError
from serving_kit.types import Array

_STORED = {"float32": "<f4", "float16": "<f2", "int32": "<i4", "uint16": "<u2", "uint8": "u1", "bool": "?"}


def read(folder: Path, manifest: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    """Return the arrays of all groups by name; ModelFileError for a shard that is missing, short or too long."""
    weights: dict[str, Array] = {}
    for group in manifest:
        data = b"".join(_shard(folder, name) for name in group["paths"])
        taken = 0
        for described in group["weights"]:
            kind = described.get("quantization", described)["dtype"]
            if kind not in _STORED:
                raise ModelFileError(f"weight {described['name']!r} is of type {kind}; use one of {sorted(_STORED)}")
            stored, count = np.dtype(_STORED[kind]), math.prod(described["shape"])
            part = data[taken : taken + count * stored.itemsize]
            if len(part) < count * stored.itemsize:
                raise ModelFileError(
                    f"weight {described['name']!r} lies behind the end of {group['paths']}; fetch anew"
                )
            taken += len(part)
            array = np.frombuffer(part, dtype=stored).reshape(described["shape"])
            weights[described["name"]] = _dequantised(array, described)
        if taken != len(data):
            raise ModelFileError(
                f"{group['paths']} hold {len(data)} bytes, {taken} were expected; fetch the model anew"
            )
    return weights


def _shard(folder: Path, name: str) -> bytes:
    if Path(name).name != name:
        raise ModelFileError(f"the weights are said to be in {name!r}; they must lie beside the model's JSON file")
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise ModelFileError(f"{folder / name} cannot be read ({error.strerror}); it holds the weights") from None


def _dequantised(array: Array, described: Mapping[str, Any]) -> Array:
    """Return what stored numbers stand for: `value * scale + min`, computed in float64 as JavaScript does."""
    scheme = described.get("quantization")
    if scheme is None:
        return array
    if "scale" in scheme:
        numbers = array.astype(np.float64) * scheme["scale"] + scheme.get("min", 0)
        array = np.floor(numbers + 0.5) if described["dtype"] == "int32" else numbers
    return array.astype(described["dtype"])
