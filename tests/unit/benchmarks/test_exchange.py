"""Requests of different sizes over one connection, and the check of their answers."""

from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from benchmarks.asker import Tally
from benchmarks.exchange import Exchange, MixedAsker, exchanges
from benchmarks.mixture import Mixture
from serving_kit.codecs import open_inference_writing
from serving_kit.types import Array, NamedTensor, Tensor


class _Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


def _answer(array: Array) -> bytes:
    body, length = open_inference_writing.encode_response(
        "m", {"y": NamedTensor("y", Tensor(array))}, is_binary=lambda _: True
    )
    head = f"HTTP/1.1 200 OK\r\nInference-Header-Content-Length: {length}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.fixture
def asked() -> list[Exchange]:
    arrays = [np.full((1, width), width, np.float32) for width in (2, 3)]
    mixture = Mixture("m", "model", Path(), "x", "y", arrays, "exact", 0.1)
    return exchanges(mixture, "m", arrays)


def test_a_request_is_the_open_inference_protocol_with_its_own_size(asked: list[Exchange]) -> None:
    head, _, body = asked[1].request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/models/m/infer HTTP/1.1")
    assert body.endswith(np.full(3, 3, np.float32).tobytes())


def test_an_answer_near_enough_is_right_and_its_difference_is_kept(asked: list[Exchange]) -> None:
    assert asked[0].check(_answer(np.array([[2.0, 2.125]], np.float32))) is None
    assert asked[0].mean_difference == pytest.approx(0.0625)
    assert asked[0].most_difference == pytest.approx(0.125)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_answer(np.full((1, 2), 9, np.float32)), "differs by 7 on average"),
        (_answer(np.zeros((1, 3), np.float32)), "has the shape"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "503"),
    ],
)
def test_a_wrong_answer_says_what_is_wrong(asked: list[Exchange], answer: bytes, reason: str) -> None:
    assert reason in (asked[0].check(answer) or "")


def test_an_asker_asks_one_request_after_another_and_counts_the_answers(asked: list[Exchange]) -> None:
    tally, transport = Tally(), _Transport()
    asker = MixedAsker(cycle(asked), tally)
    asker.connection_made(transport)  # type: ignore[arg-type] # what of it is used
    for width in (2, 3, 2):
        asker.data_received(_answer(np.full((1, width), width, np.float32)))
    assert transport.written == [exchange.request for exchange in (*asked, *asked)]
    assert len(tally.latencies_s) == 3
    assert not tally.failures


def test_an_asker_ends_the_run_at_a_wrong_answer(asked: list[Exchange]) -> None:
    tally = Tally()
    asker = MixedAsker(cycle(asked), tally)
    asker.connection_made(_Transport())  # type: ignore[arg-type] # as above
    asker.data_received(_answer(np.zeros((1, 7), np.float32)))
    assert tally.is_over
    assert "shape" in tally.failures[0]
