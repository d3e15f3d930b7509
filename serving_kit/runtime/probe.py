"""Inputs made up for a model that brings no golden example: seeded, small, in a few sizes until one fits."""

from collections.abc import Iterator, Sequence

import numpy as np

from serving_kit.types import Tensor, TensorSpec

_SIZES = (64, 224, 320, 640, 16, 1)  # of each axis the model leaves open; most networks take one of these
_ROWS = 3  # of a packed sequence


def candidates(specs: Sequence[TensorSpec]) -> Iterator[dict[str, Tensor]]:
    """Yield one set of inputs a size; a model without open axes beyond the batch gets one set only."""
    is_open = any(size < 0 for spec in specs for size in spec.shape[1:])
    for size in _SIZES if is_open else _SIZES[:1]:
        generator = np.random.default_rng(0)
        yield {spec.name: _tensor(spec, size, generator) for spec in specs}


def _tensor(spec: TensorSpec, size: int, generator: np.random.Generator) -> Tensor:
    batch = _ROWS if spec.is_lod else 1
    shape = [(batch if axis == 0 else size) if length < 0 else length for axis, length in enumerate(spec.shape)]
    dtype = spec.element_type.dtype
    if dtype.kind == "f":
        array = generator.random(shape).astype(dtype)
    else:
        array = generator.integers(0, 2, shape).astype(dtype)  # 0 and 1 are in every vocabulary
    return Tensor(array, (0, batch) if spec.is_lod else ())
