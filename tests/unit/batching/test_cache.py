import numpy as np
import pytest

from serving_kit.batching.cache import ResponseCache
from serving_kit.types import Tensor

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
    ("model", "feeds", "fetch"),
    [
        ("m", {"x": X}, ["y", "z"]),
        ("other", {"x": X}, ["y"]),
        ("m", {"z": X}, ["y"]),
        ("m", {"x": Tensor(X.array.reshape(2, 1))}, ["y"]),
        ("m", {"x": Tensor(X.array.view(np.int32))}, ["y"]),
        ("m", {"x": Tensor(X.array, (0, 1))}, ["y"]),
        ("m", {"x": Tensor(np.array([["1", "2"]], object))}, ["y"]),
    ],
)
def test_whatever_decides_the_answer_is_in_the_key(model: str, feeds: dict[str, Tensor], fetch: list[str]) -> None:
    same = ResponseCache.key("m", {"x": Tensor(X.array.copy())}, ["y"])
    assert same == ResponseCache.key("m", {"x": X}, ["y"])
    assert same != ResponseCache.key(model, feeds, fetch)


def test_strings_are_told_apart_by_what_they_say() -> None:
    keys = {ResponseCache.key("m", {"s": Tensor(np.array([text], object))}) for text in ("a", "b", "ab")}
    assert len(keys) == 3
