"""The comparison of padded batches with none: its servers, its turns and its page."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmarks.exchange import Exchange
from benchmarks.gain import Gain
from benchmarks.load import Point
from benchmarks.mixture import Mixture
from benchmarks.padding import _turns, settings
from benchmarks.padding_page import Result, Seen, page, verdict

_NAMES = ("no batching", "batching", "batching and padding")
_NOTHING = np.zeros(0, np.float32)


def _point(requests_per_s: float) -> Point:
    return Point("p", 32, 100, 1.0, requests_per_s, 10.0, 20.0, 5_000.0, 0.9, 0.1)


def _result(rates: tuple[float, float, float], padded: float) -> Result:
    seen = [
        Seen(name, ("--engine", "paddle"), [_point(rate - 1), _point(rate), _point(rate + 2)], 0.0, 0.001)
        for name, rate in zip(_NAMES, rates, strict=True)
    ]
    return Result("m4", "a detector", 32, Gain(20.0, 1.1, padded, 9, 4), seen)


def test_the_servers_differ_in_batching_and_padding_only() -> None:
    flags = settings(Mixture("m", "model", Path(), "x", "y", [], "near", 0.1), "onnxruntime", 4)
    assert list(flags) == list(_NAMES)
    assert flags["batching and padding"] == (*flags["batching"], "--auto_padding", "near")
    assert flags["batching"][:2] == flags["no batching"] == ("--engine", "onnxruntime")


def test_each_connection_begins_with_another_request() -> None:
    asked = [Exchange(bytes([number]), "y", _NOTHING, 0.0) for number in range(3)]
    begun = [[exchange.request[0] for exchange in islice(turns, 4)] for turns in _turns(asked, 4)]
    assert begun == [[0, 1, 2, 0], [1, 2, 0, 1], [2, 0, 1, 2], [0, 1, 2, 0]]


@pytest.mark.parametrize(
    ("rates", "padded", "said"),
    [
        ((100, 110, 130), 1.4, "1.40 x in one process. Goal 1.25 x on the server kept: 1.30 x"),
        ((100, 110, 120), 1.4, "Goal 1.25 x on the server missed: 1.20 x"),
        ((100, 100, 99), 1.0, "do not pay: 1.00 x in one process. Goal to be no slower kept: 0.99 x"),
        ((100, 100, 80), 0.9, "Goal to be no slower missed: 0.80 x"),
    ],
)
def test_the_verdict_holds_the_server_to_what_the_engine_alone_gains(
    rates: tuple[float, float, float], padded: float, said: str
) -> None:
    assert said in verdict(_result(rates, padded))


def test_the_page_shows_medians_spread_ratio_and_cost() -> None:
    text = page([_result((100, 110, 130), 1.4)], "paddle", 8)
    row = next(line for line in text.splitlines() if line.startswith("| batching and padding"))
    assert [cell.strip() for cell in row.strip("|").split("|")][1:] == [
        "130.0",
        "129.0-132.0",
        "1.30 x",
        "10",
        "20",
        "5.0",
        "0, at most 0.001",
    ]
    assert "one by one: 20.0 requests/s" in text
