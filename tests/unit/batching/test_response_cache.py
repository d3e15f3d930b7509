import asyncio

import numpy as np
import pytest

from serving_kit.batching.cache import CachedExecutor, ResponseCache
from serving_kit.batching.pool import PoolExecutor
from serving_kit.errors import Internal
from serving_kit.types import Tensor
from tests.unit.batching.engines import DoublingEngine, rows
from tests.unit.batching.loop import on_loop

X = Tensor(np.array([[1, 2]], np.float32))


def answer(kilobytes: int) -> dict[str, Tensor]:
    return {"y": Tensor(np.zeros(kilobytes * 1024, np.uint8))}


def test_the_least_recently_used_answer_goes_first() -> None:
    cache = ResponseCache(3500)
    for key in (b"a", b"b", b"c"):
        cache.put(key, answer(1))
    assert cache.get(b"a") is not None
    cache.put(b"d", answer(1))
    assert [cache.get(key) is not None for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]


def test_an_answer_as_large_as_the_cache_is_not_kept() -> None:
    cache = ResponseCache(1024)
    cache.put(b"a", answer(1))
    assert cache.get(b"a") is None


@pytest.mark.parametrize(
    ("model", "feeds"),
    [
        ("other", {"x": X}),
        ("m", {"z": X}),
        ("m", {"x": Tensor(X.array.reshape(2, 1))}),
        ("m", {"x": Tensor(X.array.view(np.int32))}),
        ("m", {"x": Tensor(X.array, (0, 1))}),
        ("m", {"x": Tensor(np.array([["1", "2"]], object))}),
    ],
)
def test_whatever_decides_the_answer_is_in_the_key(model: str, feeds: dict[str, Tensor]) -> None:
    same = ResponseCache.key("m", {"x": Tensor(X.array.copy())})
    assert same == ResponseCache.key("m", {"x": X})
    assert same != ResponseCache.key(model, feeds)


def test_strings_are_told_apart_by_what_they_say() -> None:
    keys = {ResponseCache.key("m", {"s": Tensor(np.array([text], object))}) for text in ("a", "b", "ab")}
    assert len(keys) == 3


@on_loop
async def test_a_repeated_request_is_answered_without_a_run() -> None:
    engine = DoublingEngine()
    engine.gate.set()
    executor = CachedExecutor(PoolExecutor(engine, threads=1), ResponseCache(1024), "m")
    answers = [(await executor.submit(rows(value)))["y"].array.item() for value in (1, 2, 1, 2)]
    await asyncio.to_thread(executor.close)
    assert answers == [2, 4, 2, 4]
    assert engine.runs == [1, 1]


@on_loop
async def test_a_failure_and_a_cancelled_request_are_not_kept() -> None:
    engine = DoublingEngine()
    executor = CachedExecutor(PoolExecutor(engine, threads=1), ResponseCache(1024), "m")
    running, cancelled = executor.submit(rows(13)), executor.submit(rows(1))
    await asyncio.to_thread(engine.running.wait, 20)
    assert cancelled.cancel()
    await asyncio.sleep(0)
    engine.gate.set()
    for future in (running, executor.submit(rows(13))):
        with pytest.raises(Internal, match="thirteen"):
            await future
    assert (await executor.submit(rows(1)))["y"].array.item() == 2
    await asyncio.to_thread(executor.close)
    assert engine.runs == [1, 1, 1]
