import os
import sys

import pytest

from serving_kit.compat.client.load import MultiThreadRunner, benchmark_args, show_latency
from serving_kit.errors import Internal


def count(index: int, resource: dict[str, int]) -> list[list[int]]:
    return [[index], [index * resource["factor"]] * 2, [os.getpid()]]


def end_at_once(index: int, _: object) -> list[list[int]]:
    os._exit(index)


def fail(index: int, _: object) -> list[list[int]]:
    raise ValueError(f"call {index} failed")


def test_each_call_has_an_index_and_the_lists_are_joined_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy")
    indices, products, processes = MultiThreadRunner().run(count, 3, {"factor": 10})
    assert indices == [1, 2, 3]
    assert products == [10, 10, 20, 20, 30, 30]
    assert os.getpid() not in processes
    assert os.environ["http_proxy"] == ""


def test_one_caller_is_enough() -> None:
    assert MultiThreadRunner().run(count, 1, {"factor": 2})[:2] == [[1], [2, 2]]


def test_what_a_call_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="call 1 failed"):
        MultiThreadRunner().run(fail, 2, {})


def test_a_call_that_ends_its_process_does_not_hang() -> None:
    with pytest.raises(Internal, match="a process of MultiThreadRunner died"):
        MultiThreadRunner().run(end_at_once, 2, {})


def test_latencies_are_summed_up_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    show_latency([1.0, 2.0, 3.0, 4.0, 5.0])
    lines = capsys.readouterr().err.splitlines()
    assert lines[:4] == ["latency:", "mean: 3.0ms", "median: 3.0ms", "80_percent: 4.2ms"]
    assert [line.split(":")[0] for line in lines[4:]] == ["90_percent", "99_percent"]


def test_a_benchmarks_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmark.py"])
    assert vars(benchmark_args()) == {
        "thread": 10,
        "model": "",
        "endpoint": "127.0.0.1:9292",
        "request": "rpc",
        "batch_size": 1,
    }
    monkeypatch.setattr(sys, "argv", ["benchmark.py", "--thread", "4", "--request", "http", "--batch_size", "8"])
    assert (benchmark_args().thread, benchmark_args().request, benchmark_args().batch_size) == (4, "http", 8)
