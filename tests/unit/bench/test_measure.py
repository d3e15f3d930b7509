import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from serving_kit.bench import measure
from serving_kit.errors import BadInput, Overloaded

METADATA = {"name": "lac", "parameters": {"provenance": "official", "engine": "paddle", "threads": 3}}


class FakeClient:
    """Answers by `behave`, called with the number of the request, 1 first."""

    def __init__(self, behave: Callable[[int], object], metadata: Mapping[str, Any] = METADATA) -> None:
        self.behave = behave
        self.about = metadata
        self.calls = 0
        self._lock = threading.Lock()

    def metadata(self) -> Mapping[str, Any]:
        return self.about

    def predict(self, feeds: Mapping[str, Any], /) -> object:
        assert feeds == {"x": 1}
        with self._lock:
            self.calls += 1
            number = self.calls
        return self.behave(number)


def fail_when(refused: Callable[[int], bool]) -> Callable[[int], object]:
    def behave(number: int) -> object:
        if refused(number):
            raise Overloaded(f"request {number} was too much")
        return {}

    return behave


def test_a_row_says_what_was_measured() -> None:
    client = FakeClient(lambda number: time.sleep(0.002))
    row = measure(client, {"x": 1}, requests=20, warmup=3, note="batch 8")
    assert (row.slug, row.provenance, row.engine, row.threads) == ("lac", "official", "paddle", 3)
    assert (row.requests, row.errors, row.concurrency, row.note) == (20, 0, 1, "batch 8")
    assert client.calls == 23
    assert 2.0 <= row.p50_ms <= row.p95_ms <= row.p99_ms
    assert 0 < row.requests_per_s <= 1000 / 2.0


def test_as_many_requests_as_asked_are_under_way_at_once() -> None:
    together = threading.Barrier(4, timeout=10)
    client = FakeClient(lambda number: together.wait())
    assert measure(client, {"x": 1}, requests=8, concurrency=4, warmup=0).errors == 0


def test_errors_are_counted_and_do_not_count_as_throughput() -> None:
    client = FakeClient(fail_when(lambda number: number % 2 == 0))
    row = measure(client, {"x": 1}, requests=10, warmup=1)
    assert row.errors == 5


def test_a_warm_up_that_fails_says_why() -> None:
    with pytest.raises(Overloaded, match="request 1 was too much"):
        measure(FakeClient(fail_when(lambda _: True)), {"x": 1})


def test_a_run_without_one_answer_raises_what_it_met() -> None:
    with pytest.raises(Overloaded, match="was too much"):
        measure(FakeClient(fail_when(lambda _: True)), {"x": 1}, requests=3, warmup=0)


def test_a_server_that_says_nothing_of_itself_is_unknown() -> None:
    row = measure(FakeClient(lambda _: None, {"name": "mine"}), {"x": 1}, requests=2)
    assert (row.provenance, row.engine, row.threads) == ("unknown", "unknown", None)


@pytest.mark.parametrize("wrong", [{"requests": 0}, {"concurrency": 0}, {"warmup": -1}])
def test_numbers_that_make_no_run_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(BadInput, match="at least 1"):
        measure(FakeClient(lambda _: None), {"x": 1}, **wrong)
