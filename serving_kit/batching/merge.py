"""Put several requests into one engine run and take the answers apart again.

A request's instances are its rows, or its sequences where a tensor is packed (LoD). Requests merge where each input has
the same element type and the same dimensions behind the batch axis. Paddle Serving 0.9 also merged different dimensions
by padding with zeros and did not trim the answers (bsf.h); that changes what a model answers, so it is not done here.
"""

from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from serving_kit.batching.executor import Outputs
from serving_kit.types import Array, Tensor, TensorSpec


def can_merge(inputs: Sequence[TensorSpec], outputs: Sequence[TensorSpec]) -> bool:
    """Tell whether every input and output of a model has a batch axis whose size is free."""
    return all(spec.is_lod or spec.shape[:1] == (-1,) for spec in (*inputs, *outputs))


def instances(feeds: Mapping[str, Tensor]) -> int | None:
    """Return how many instances a request holds; None where its inputs disagree, so that it must run alone."""
    found: int | None = None
    for tensor in feeds.values():
        count = _count(tensor)
        if count is None or found not in (None, count):
            return None
        found = count
    return found


def signature(feeds: Mapping[str, Tensor]) -> Hashable:
    """Return what two requests must have in common to share a run."""
    items = feeds.items() if len(feeds) == 1 else sorted(feeds.items())
    return tuple([(name, t.array.dtype, t.array.shape[1:], bool(t.lod)) for name, t in items])


def merge(requests: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Concatenate requests of one signature along the batch axis, row offsets behind one another."""
    return {name: _concatenate([request[name] for request in requests]) for name in requests[0]}


def split(outputs: Outputs, counts: Sequence[int]) -> list[Outputs] | None:
    """Take a merged run's outputs apart by instances a request; None where an output has not one entry an instance."""
    if not comes_apart(outputs, sum(counts)):
        return None
    return [
        {name: _part(tensor, end - count, end) for name, tensor in outputs.items()}
        for end, count in zip(accumulate(counts), counts, strict=True)
    ]


def comes_apart(outputs: Outputs, count: int) -> bool:
    """Tell whether every output has one entry for each of so many instances."""
    return all(_count(tensor) == count for tensor in outputs.values())


def _count(tensor: Tensor) -> int | None:
    if tensor.lod:
        return len(tensor.lod) - 1
    return tensor.array.shape[0] if tensor.array.ndim else None


def _concatenate(tensors: Sequence[Tensor]) -> Tensor:
    arrays: list[np.ndarray[Any, Any]] = [tensor.array for tensor in tensors]
    lod = list(tensors[0].lod[:1])
    for tensor in tensors:
        lod += [lod[-1] + offset for offset in tensor.lod[1:]] if tensor.lod else []
    return Tensor(np.concatenate(arrays), tuple(lod))


def _part(tensor: Tensor, start: int, end: int) -> Tensor:
    if not tensor.lod:
        return Tensor(tensor.array[start:end])
    first, last = tensor.lod[start], tensor.lod[end]
    rows: Array = tensor.array[first:last]
    return Tensor(rows, tuple(offset - first for offset in tensor.lod[start : end + 1]))
