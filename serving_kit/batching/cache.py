"""Answers kept for requests that come again (`--request_cache_size`)."""

import asyncio
import hashlib
import threading
from collections.abc import Mapping

from cachetools import LRUCache

from serving_kit.batching.executor import NO_DEMAND, Demand, Executor, Outputs
from serving_kit.types import Tensor


class ResponseCache:
    """Least recently used answers, held to `capacity_bytes` of tensor data; safe to call from any thread.

    Paddle Serving compared 64-bit hashes and could answer with another request's result; here the key is a 256-bit
    BLAKE2b of everything that decides the answer.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._entries: LRUCache[bytes, Outputs] = LRUCache(capacity_bytes, getsizeof=_size_bytes)
        self._lock = threading.Lock()

    @staticmethod
    def key(model: str, feeds: Mapping[str, Tensor]) -> bytes:
        """Return the key of a request: 32 bytes over the model's name and the tensors by name."""
        digest = hashlib.blake2b(model.encode(), digest_size=32)
        for name, tensor in sorted(feeds.items()):
            array = tensor.array
            digest.update(repr((name, array.dtype.str, array.shape, tensor.lod)).encode())
            digest.update(repr(array.tolist()).encode() if array.dtype.hasobject else array.tobytes())
        return digest.digest()

    def get(self, key: bytes) -> Outputs | None:
        """Return the answer kept under a key, or None."""
        with self._lock:
            return self._entries.get(key)

    def clear(self) -> None:
        """Forget every answer."""
        with self._lock:
            self._entries.clear()

    def put(self, key: bytes, outputs: Outputs) -> None:
        """Keep an answer, dropping the least recently used ones; one as large as the whole cache is not kept."""
        with self._lock:
            if _size_bytes(outputs) < self._entries.maxsize:
                self._entries[key] = outputs


class CachedExecutor:
    """Answers from a cache, which several models may share, before it asks the executor of one model."""

    def __init__(self, executor: Executor, cache: ResponseCache, model: str) -> None:
        self._executor = executor
        self._cache = cache
        self._model = model

    def submit(self, feeds: Mapping[str, Tensor], demand: Demand = NO_DEMAND) -> asyncio.Future[Outputs]:
        """Return the kept answer at once, or run the request and keep its answer if it succeeds."""
        key = self._cache.key(self._model, feeds)
        kept = self._cache.get(key)
        if kept is not None:
            hit = asyncio.get_running_loop().create_future()
            hit.set_result(kept)
            return hit

        def keep(done: asyncio.Future[Outputs]) -> None:
            if not done.cancelled() and done.exception() is None:
                self._cache.put(key, done.result())

        future = self._executor.submit(feeds, demand)
        future.add_done_callback(keep)
        return future

    def close(self) -> None:
        """Close the executor."""
        self._executor.close()


def _size_bytes(outputs: Outputs) -> int:
    return sum(tensor.array.nbytes + 8 * len(tensor.lod) for tensor in outputs.values())
