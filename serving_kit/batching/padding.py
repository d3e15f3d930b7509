"""Requests of different shapes in one run: filled up with zeros, and the filling cut off their answers again.

Paddle Serving 0.9 did the first half (`bsf.h`): each tensor is padded with zeros to the largest size of each axis
behind the batch's; the answers kept what was computed from the filling.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

import numpy as np

from serving_kit.batching.executor import Outputs
from serving_kit.batching.merge import merge
from serving_kit.types import Array, Tensor

Feeds = Mapping[str, Tensor]

# A padded run may hold this many times the elements of its requests. Measured with MiniLM (Paddle, one thread, 16 to
# 128 tokens, 32 clients; CPU a request against 24 ms alone): 21 ms with a limit of 1.2, 25 with 1.5, 30 with 2.
MOST_WASTE = 1.25


@dataclass(frozen=True, slots=True)
class Follow:
    """An output's axis that is as long as `ratio` times the axis of an input."""

    output: str
    axis: int
    input: str
    input_axis: int
    ratio: Fraction = Fraction(1)

    def size(self, feeds: Feeds) -> Fraction:
        """Return how long the output's axis is for these feeds."""
        return feeds[self.input].array.shape[self.input_axis] * self.ratio


@dataclass(frozen=True, slots=True)
class Padding:
    """How a model's requests are padded: which of its outputs' axes grow with which of its inputs' axes."""

    follows: tuple[Follow, ...] = ()
    most_waste: float = MOST_WASTE

    def key(self, feeds: Feeds) -> Hashable:
        """Return what two requests must have in common to be padded to one shape."""
        if any(follow.size(feeds).denominator != 1 for follow in self.follows):
            return tuple((name, t.array.dtype.str, t.array.shape[1:]) for name, t in sorted(feeds.items()))
        return tuple((name, t.array.dtype.str, t.array.ndim, bool(t.lod)) for name, t in sorted(feeds.items()))

    def merge(self, requests: Sequence[Feeds]) -> dict[str, Tensor]:
        """Concatenate requests of one key along the batch axis, each padded with zeros to the largest size."""
        padded: list[dict[str, Tensor]] = [{} for _ in requests]
        for name in requests[0]:
            tensors = [request[name] for request in requests]
            shape = _largest([tensor.array.shape[1:] for tensor in tensors])
            for target, tensor in zip(padded, tensors, strict=True):
                target[name] = Tensor(padded_to(tensor.array, shape), tensor.lod)
        return merge(padded)

    def trim(self, outputs: Outputs, feeds: Feeds) -> Outputs:
        """Cut from a request's answer what was computed from the filling."""
        trimmed = dict(outputs)
        for follow in self.follows:
            tensor = trimmed[follow.output]
            own = int(follow.size(feeds))
            if tensor.array.shape[follow.axis] != own:
                cut = (slice(None),) * follow.axis + (slice(own),)
                trimmed[follow.output] = Tensor(np.ascontiguousarray(tensor.array[cut]), tensor.lod)
        return trimmed


@dataclass(slots=True)
class PaddedBatch:
    """A run while its requests are chosen: by input the largest shape, the rows and the elements before padding."""

    padding: Padding
    key: Hashable
    _shapes: dict[str, tuple[tuple[int, ...], int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, padding: Padding, feeds: Feeds) -> "PaddedBatch":
        """Begin with one request."""
        batch = cls(padding, padding.key(feeds))
        batch.admits(feeds)
        return batch

    def admits(self, feeds: Feeds) -> bool:
        """Take a request in where it can be padded with the others without too much waste; else return False."""
        if self.padding.key(feeds) != self.key:
            return False
        grown = {}
        for name, tensor in feeds.items():
            shape = tensor.array.shape
            largest, rows, elements = self._shapes.get(name, (shape[1:], 0, 0))
            largest, rows, elements = _largest([shape[1:], largest]), rows + shape[0], elements + tensor.array.size
            if rows * prod(largest) > self.padding.most_waste * elements:
                return False
            grown[name] = (largest, rows, elements)
        self._shapes.update(grown)
        return True


def padded_to(array: Array, shape: tuple[int, ...]) -> Array:
    """Return an array whose axes behind the first have this shape, filled up with zeros."""
    if array.shape[1:] == shape:
        return array
    padded: Array = np.zeros((array.shape[0], *shape), array.dtype)
    padded[tuple(slice(size) for size in array.shape)] = array
    return padded


def _largest(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(max(sizes) for sizes in zip(*shapes, strict=True))
