import numpy as np
import pytest

from serving_kit.batching.cache import ResponseCache, size_bytes
from serving_kit.types import Tensor

X = Tensor(np.array([[1, 2]], np.float32))
OWNER = b"m" * 16


def answer(kilobytes: int) -> dict[str, Tensor]:
    return {"y": Tensor(np.zeros(kilobytes * 1024, np.uint8))}


def test_the_least_recently_used_answer_goes_first() -> None:
    cache = ResponseCache(3 * size_bytes(answer(1)))
    for key in (b"a", b"b", b"c"):
        cache.put(key, answer(1))
    assert cache.get(b"a") is not None
    cache.put(b"d", answer(1))
    assert [cache.get(key) is not None for key in (b"a", b"b", b"c", b"d")] == [True, False, True, True]
    assert cache.held_bytes == 3 * size_bytes(answer(1))


def test_an_answer_larger_than_the_cache_is_not_kept() -> None:
    cache = ResponseCache(size_bytes(answer(1)) - 1)
    cache.put(b"a", answer(1))
    assert cache.get(b"a") is None
    assert cache.held_bytes == 0


def test_small_answers_count_for_the_memory_they_take() -> None:
    one = {"y": Tensor(np.zeros((1, 1), np.float32), (0, 1))}
    assert size_bytes(one) > 600
    assert size_bytes(one) < size_bytes(one | {"z": one["y"]}) < 2 * size_bytes(one)


def test_a_part_of_a_larger_run_is_kept_without_the_rest() -> None:
    cache = ResponseCache(1 << 20)
    run = np.arange(1000.0)
    cache.put(b"a", {"y": Tensor(run[3:5], (0, 2))})
    kept = cache.get(b"a")
    assert kept is not None
    assert kept["y"].array.base is None
    assert kept["y"].array.tolist() == [3, 4]
    assert kept["y"].lod == (0, 2)


@pytest.mark.parametrize(
    ("owner", "feeds"),
    [
        (b"o" * 16, {"x": X}),
        (OWNER, {"z": X}),
        (OWNER, {"x": Tensor(X.array.reshape(2, 1))}),
        (OWNER, {"x": Tensor(X.array.view(np.int32))}),
        (OWNER, {"x": Tensor(X.array, (0, 1))}),
        (OWNER, {"x": Tensor(np.array([["1", "2"]], object))}),
        (OWNER, {"x": Tensor(X.array[:, ::-1])}),
    ],
)
def test_whatever_decides_the_answer_is_in_the_key(owner: bytes, feeds: dict[str, Tensor]) -> None:
    same = ResponseCache.key(OWNER, {"x": Tensor(X.array.copy())})
    assert same == ResponseCache.key(OWNER, {"x": X})
    assert same != ResponseCache.key(owner, feeds)


@pytest.mark.parametrize("kind", ["bool", "uint8", "int64", "float16", "float64", "complex64"])
def test_the_key_is_of_the_values_wherever_they_lie(kind: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(kind)
    scattered = np.asfortranarray(array)
    assert ResponseCache.key(OWNER, {"x": Tensor(array)}) == ResponseCache.key(OWNER, {"x": Tensor(scattered)})
    assert ResponseCache.key(OWNER, {"x": Tensor(array[0, 0])}) != ResponseCache.key(OWNER, {"x": Tensor(array[0, :1])})


def test_strings_are_told_apart_by_what_they_say() -> None:
    keys = {ResponseCache.key(OWNER, {"s": Tensor(np.array([text], object))}) for text in ("a", "b", "ab")}
    assert len(keys) == 3
