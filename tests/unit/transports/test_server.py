"""A real server on a real port, asked byte by byte."""

import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

import orjson
import pytest

from serving_kit.batching.executor import Outputs
from serving_kit.errors import BadInput
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.transports.http import server
from serving_kit.transports.http.server import HttpServer
from tests.unit.served import GatedEngine, LinearEngine, serve
from tests.unit.transports.asking import LIMIT_BYTES

pytestmark = pytest.mark.integration

PATH = "/GeneralModelService/inference"


def question(value: float) -> bytes:
    return orjson.dumps({"tensor": [{"float_data": [value] * 13, "elem_type": 1, "shape": [1, 13]}]})


def post(body: bytes, *headers: str, length: int | None = None) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1", "Host: x", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def running(model: ServedModel) -> Iterator[HttpServer]:
    server = HttpServer(Service([model]), port=0, max_body_bytes=LIMIT_BYTES, drain_timeout_s=20)
    ready = threading.Event()
    thread = threading.Thread(target=server.run, args=(lambda _: ready.set(),))
    thread.start()
    assert ready.wait(20)
    try:
        yield server
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(serve(LinearEngine())) as server:
        yield server.port


class Wire:
    """One connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._reader = self.socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self.socket.close()

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def head(self) -> tuple[int, dict[str, str]]:
        status = int(self._reader.readline().split()[1])
        lines = iter(lambda: self._reader.readline().strip().decode(), "")
        return status, dict(line.lower().split(": ", 1) for line in lines)

    def answer(self) -> tuple[int, bytes]:
        status, headers = self.head()
        return status, self._reader.read(int(headers["content-length"]))

    def price(self) -> float:
        status, body = self.answer()
        assert status == 200
        return float(orjson.loads(body)["outputs"][0]["tensor"][0]["float_data"][0])

    def ended(self) -> bool:
        return self._reader.read(1) == b""


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
    [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00", b"PRPC\0\0\0\xa6\0\0\0Y", b"POST / HTTP/1.1\r\nbad header\r\n\r\n"],
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
        wire.send(start, b"y" * (server.MAX_HEAD_BYTES + 1 - len(start)))
        assert wire.answer() == (400, b"the headers are larger than 1048576 bytes; send less")
        assert wire.ended()


def test_a_client_that_falls_silent_within_a_request_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "IDLE_TIMEOUT_S", 1)
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


class StuckExecutor:
    """Accepts work and never does it; says when its only piece was accepted, and when it was given up."""

    def __init__(self) -> None:
        self.accepted, self.given_up = threading.Event(), threading.Event()

    def submit(self, _: object) -> Future[Outputs]:
        future: Future[Outputs] = Future()
        future.add_done_callback(lambda _: self.given_up.set())
        self.accepted.set()
        return future

    def close(self) -> None: ...


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


def test_a_port_in_use_is_one_sentence(port: int) -> None:
    with pytest.raises(
        BadInput, match=rf"cannot listen on 127.0.0.1 port {port}: Address already in use.*; choose another"
    ):
        HttpServer(Service([serve(LinearEngine())]), port=port)
    with pytest.raises(BadInput, match=r"cannot listen on no\.such\.host\.invalid port 9393: "):
        HttpServer(Service([serve(LinearEngine())]), host="no.such.host.invalid")
