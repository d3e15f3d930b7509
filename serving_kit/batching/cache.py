"""Answers kept for requests that come again (`--request_cache_size`)."""

import hashlib
from collections.abc import Mapping

import numpy as np
from cachetools import LRUCache

from serving_kit.batching.executor import Outputs
from serving_kit.types import Tensor

# What an entry takes beyond its numbers, in bytes, as tracemalloc saw it: 610 with one tensor, 1,067 with three.
_ENTRY_BYTES, _TENSOR_BYTES, _OFFSET_BYTES = 400, 240, 40


class ResponseCache:
    """Least recently used answers, held to `capacity_bytes` of memory, which is more than their numbers take.

    For one thread, that of the event loop. Paddle Serving compared 64-bit hashes and could answer with another
    request's result; here the key is a SHA-256 of everything that decides the answer.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._entries: LRUCache[bytes, Outputs] = LRUCache(capacity_bytes, getsizeof=size_bytes)

    @property
    def held_bytes(self) -> int:
        """The memory that the kept answers take."""
        return int(self._entries.currsize)

    @staticmethod
    def key(owner: bytes, feeds: Mapping[str, Tensor]) -> bytes:
        """Return the key of a request: 32 bytes over who answers, of a fixed length, and the tensors by name."""
        digest = hashlib.sha256(owner)
        for name, tensor in sorted(feeds.items()):
            array = np.ascontiguousarray(tensor.array)
            digest.update(repr((name, array.dtype.str, tensor.array.shape, tensor.lod)).encode())
            digest.update(repr(array.tolist()).encode() if array.dtype.hasobject else array.data)
        return digest.digest()

    def get(self, key: bytes) -> Outputs | None:
        """Return the answer kept under a key, or None."""
        return self._entries.get(key)

    def put(self, key: bytes, outputs: Outputs) -> None:
        """Keep an answer, dropping the least recently used ones; one larger than the whole cache is not kept."""
        if size_bytes(outputs) <= self._entries.maxsize:
            self._entries[key] = {name: _owned(tensor) for name, tensor in outputs.items()}


def size_bytes(outputs: Outputs) -> int:
    """Return the memory that an answer takes in a cache."""
    tensors = outputs.values()
    return _ENTRY_BYTES + sum(t.array.nbytes + _TENSOR_BYTES + _OFFSET_BYTES * len(t.lod) for t in tensors)


def _owned(tensor: Tensor) -> Tensor:
    """Copy what is a part of something larger, as a merged run's answers are, which would be kept with it."""
    return tensor if tensor.array.base is None else Tensor(tensor.array.copy(), tensor.lod)
