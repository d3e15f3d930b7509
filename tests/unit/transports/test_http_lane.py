"""HTTP on a real port, asked byte by byte."""

import socket
import struct
from collections.abc import Iterator

import orjson
import pytest

from serving_kit.codecs.general_message import decode_response
from serving_kit.transports import mux
from serving_kit.transports.http import lane, long_way
from tests.unit.served import GatedEngine, LinearEngine, serve
from tests.unit.transports.asking import LIMIT_BYTES
from tests.unit.transports.brpc import request_body
from tests.unit.transports.stuck import StuckExecutor
from tests.unit.transports.wire import Wire, running

pytestmark = pytest.mark.integration

PATH = "/GeneralModelService/inference"


def question(value: float) -> bytes:
    return orjson.dumps({"tensor": [{"float_data": [value] * 13, "elem_type": 1, "shape": [1, 13]}]})


def post(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: x", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(serve(LinearEngine())) as server:
        yield server.port


def test_an_answer_has_the_headers_bRPC_sends_and_no_others(port: int) -> None:  # noqa: N802
    with Wire(port) as wire:
        wire.send(post(question(1), "Content-Type: text/json"))
        status, headers = wire.head()
    assert (status, set(headers), headers["content-type"]) == (200, {"content-length", "content-type"}, "text/json")


def test_requests_sent_in_one_write_are_all_answered_in_order(port: int) -> None:
    with Wire(port) as wire:
        wire.send(b"".join(post(question(n)) for n in (1, 2, 3)))
        assert [wire.price() for _ in range(3)] == [13, 26, 39]


def test_a_request_byte_by_byte_is_answered(port: int) -> None:
    with Wire(port) as wire:
        wire.send(*(bytes([byte]) for byte in post(question(1))))
        assert wire.price() == 13


def test_a_client_that_asks_leave_to_send_gets_it(port: int) -> None:
    body = question(1)
    with Wire(port) as wire:
        wire.send(post(b"", "Expect: 100-continue", length=len(body)))
        assert wire.head() == (100, {})
        wire.send(body)
        assert wire.price() == 13


def test_a_client_that_asks_leave_to_send_too_much_gets_none(port: int) -> None:
    with Wire(port) as wire:
        wire.send(post(b"", "Expect: 100-continue", length=LIMIT_BYTES + 1))
        status, body = wire.answer()
        assert (status, str(LIMIT_BYTES).encode() in body) == (413, True)
        assert wire.ended()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_too_much_is_refused_in_the_midst_and_the_connection_lives(port: int, is_chunked: bool) -> None:
    chunk = b"3e8\r\n" + b" " * 1000 + b"\r\n"
    with Wire(port) as wire:
        if is_chunked:
            wire.send(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode(), chunk * 21)
            assert wire.answer()[0] == 413
            wire.send(chunk * 500, b"0\r\n\r\n")
        else:
            wire.send(post(b"", length=500_000))
            assert wire.answer()[0] == 413
            wire.send(b" " * 500_000)
        wire.send(post(question(1)))
        assert wire.price() == 13


@pytest.mark.parametrize(
    "garbage",
    [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00", b"POST / HTTP/1.1\r\nbad header\r\n\r\n"],
)
def test_what_is_no_http_ends_its_connection_only(port: int, garbage: bytes) -> None:
    with Wire(port) as wire, Wire(port) as other:
        wire.send(garbage)
        assert wire.head()[0] == 400
        other.send(post(question(1)))
        assert other.price() == 13


@pytest.mark.parametrize(
    "start", [b"POST / HTTP/1.1\r\nx: ", f"POST {PATH} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx: ".encode()]
)
def test_headers_or_trailers_without_end_are_refused(port: int, start: bytes) -> None:
    with Wire(port) as wire:
        wire.send(start, b"y" * (long_way.MAX_HEAD_BYTES + 1 - len(start)))
        assert wire.answer() == (400, b"the headers are larger than 1048576 bytes; send less")
        assert wire.ended()


def test_a_client_that_falls_silent_within_a_request_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "IDLE_TIMEOUT_S", 1)
    monkeypatch.setattr(mux, "IDLE_TIMEOUT_S", 1)
    engine = GatedEngine()
    with running(serve(engine)) as started, Wire(started.port) as waiting:
        waiting.send(post(question(1)))
        assert engine.running.wait(20)
        for begun in (b"", b"POST / HT", post(question(1))[:-1], post(b"[" * LIMIT_BYTES)[: -LIMIT_BYTES // 2]):
            with Wire(started.port) as wire:
                wire.send(begun)
                assert wire.ended()
        engine.gate.set()
        assert waiting.price() == 13


def test_an_offer_of_http_2_is_passed_over(port: int) -> None:
    """The JDK's client makes it on its first request."""
    with Wire(port) as wire:
        wire.send(post(question(1), "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAA"))
        assert wire.price() == 13
        wire.send(post(question(2)))
        assert wire.price() == 26


def test_the_loop_is_free_while_a_model_runs_and_a_stop_waits_for_it() -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, Wire(server.port) as wire, Wire(server.port) as other:
        wire.send(post(question(1)))
        assert engine.running.wait(20)
        other.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert other.answer() == (200, b"OK")
        server.stop()
        assert other.ended()
        engine.gate.set()
        assert wire.price() == 13


@pytest.mark.parametrize("reset", [False, True])
def test_the_work_of_a_client_that_hangs_up_is_given_up(reset: bool) -> None:
    model = serve(LinearEngine())
    stuck = model.executor = StuckExecutor()
    with running(model) as server:
        with Wire(server.port) as half, Wire(server.port) as wire:
            half.send(post(question(2))[:-5])
            wire.send(post(question(1)))
            assert stuck.accepted.wait(20)
            if reset:
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert stuck.given_up.wait(20)


def test_a_client_that_closed_its_side_is_still_answered(port: int) -> None:
    with Wire(port) as wire:
        wire.send(post(question(1)), post(question(2)))
        wire.socket.shutdown(socket.SHUT_WR)
        assert [wire.price(), wire.price()] == [13, 26]
        assert wire.ended()


@pytest.mark.parametrize("size_bytes", [1, 1_000_000, 100_000_000])
def test_bodies_of_every_size_are_answered(size_bytes: int) -> None:
    rows = max(1, size_bytes // 52)
    body = request_body(1, rows=rows)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\nContent-Length: {len(body)}\r\n\r\n"
    with running(serve(LinearEngine()), max_body_bytes=1 << 28) as server, Wire(server.port) as wire:
        wire.send(head.encode(), body)
        status, answer = wire.answer()
    assert status == 200
    assert decode_response(answer).outputs[0].tensors[0].tensor.array.shape == (rows, 1)


def test_an_answer_is_one_write(port: int) -> None:
    """Header and body in two writes make a client wait for a delayed acknowledgement where TCP_NODELAY is off."""
    with Wire(port) as wire:
        for _ in range(20):
            wire.send(post(question(1)))
            assert wire.one_read().endswith(b"}")


def test_a_slow_reader_gets_all_of_its_answer() -> None:
    body = request_body(1, rows=200_000)
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/proto\r\nContent-Length: {len(body)}\r\n\r\n"
    limit_bytes = 1 << 28
    with running(serve(LinearEngine()), max_body_bytes=limit_bytes) as server, Wire(server.port) as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.send(head.encode(), body)
        with Wire(server.port) as other:
            other.send(post(question(1)))
            assert other.price() == 13
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)  # it hurries now
        status, answer = slow.answer()
    assert (status, decode_response(answer).outputs[0].tensors[0].tensor.array.shape) == (200, (200_000, 1))
