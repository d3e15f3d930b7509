"""An op's answers kept for feeds that come again (`op.<name>.cache_bytes`)."""

import secrets
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from serving_kit.batching.cache import ResponseCache
from serving_kit.errors import BadInput
from serving_kit.pipeline.op import Op
from serving_kit.types import Array, Tensor, join_lod, split_lod

Key = bytes | tuple[bytes, ...]
"""Of a feed, or of each of a list of feeds, which is known where all of them are."""


class OpCache:
    """Outputs of one op's model by its feeds, least recently used ones dropped first; for all threads of the op.

    Two feeds are the same where aliases, dtypes, shapes and bytes are. What is kept and what is given are copies: an op
    may write into its model's outputs. Outputs that are no arrays of numbers are not kept.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._cache = ResponseCache(capacity_bytes)
        self._owner = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self.hits = self.misses = 0

    @property
    def held_bytes(self) -> int:
        """The memory that the kept answers take."""
        return self._cache.held_bytes

    def figures(self) -> dict[str, int]:
        """Return how many requests were known and were not, and the memory taken."""
        return {"hits": self.hits, "misses": self.misses, "held_bytes": self.held_bytes}

    def key(self, feed: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Key | None:
        """Return under what the answer is kept; None for a feed that holds other things than numbers and text."""
        if isinstance(feed, Mapping):
            return self._key(feed)
        keys = [self._key(one) for one in feed]
        return None if None in keys else tuple(key for key in keys if key)

    def get(self, key: Key | None) -> Any:
        """Return the outputs kept under a key, or None; counts it."""
        with self._lock:
            kept = [self._cache.get(one) for one in _each(key)]
            found = key is not None and None not in kept
            self.hits += found
            self.misses += not found
        if not found:
            return None
        outputs = [_copied(join_lod(one)) for one in kept if one is not None]
        return outputs[0] if isinstance(key, bytes) else outputs

    def put(self, key: Key | None, outputs: Any) -> None:
        """Keep the outputs that `process` gave for a feed."""
        if key is None:
            return
        for one, values in zip(_each(key), [outputs] if isinstance(key, bytes) else outputs, strict=True):
            if isinstance(values, Mapping) and all(map(_is_numeric, values.values())):
                copies = split_lod(_copied(values))
                with self._lock:
                    self._cache.put(one, copies)

    def _key(self, feed: Mapping[str, Any]) -> bytes | None:
        try:
            tensors = split_lod(feed)
        except (ValueError, TypeError):  # ragged lists
            return None
        return self._cache.key(self._owner, tensors) if all(map(_is_plain, tensors.values())) else None


def cache_of(op: Op, capacity_bytes: int) -> OpCache | None:
    """Return a cache for an op, or None where it shall have none; BadInput where its `process` is its own."""
    if not capacity_bytes:
        return None
    if type(op).process is not Op.process:
        raise BadInput(
            f"op {op.name!r} has cache_bytes, but its process is its own and may answer otherwise each time; "
            "take cache_bytes away, or let preprocess and postprocess do what is the op's own"
        )
    return OpCache(capacity_bytes)


def _each(key: Key | None) -> Sequence[bytes]:
    return () if key is None else (key,) if isinstance(key, bytes) else key


def _copied(values: Mapping[str, Array]) -> dict[str, Array]:
    return {name: value.copy() for name, value in values.items()}


def _is_numeric(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "biufc"


def _is_plain(tensor: Tensor) -> bool:
    array = tensor.array
    if array.dtype.kind == "O":
        return all(isinstance(one, str | bytes) for one in array.flat)
    return array.dtype.kind in "biufcSU"
