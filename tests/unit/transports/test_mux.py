"""One port, several protocols: whose a connection is, and what becomes of one that is nobody's."""

import asyncio
import resource
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import grpc
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving_kit.codecs.general_message import FULL_SERVICE, decode_response
from serving_kit.errors import BadInput
from serving_kit.serve.server import PortServer, allow_open_files, bind_all
from serving_kit.transports.mux import Mux, bind
from tests.unit.served import GatedEngine, LinearEngine, serve
from tests.unit.transports.brpc import BrpcWire, call, request_body
from tests.unit.transports.wire import Wire, running

pytestmark = pytest.mark.integration

BEGINNINGS = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRPC", b"POST / HTTP/1.1\r\n", b"GET ", b""]
HTTP_QUESTION = orjson.dumps({"tensor": [{"float_data": [1] * 13, "elem_type": 1, "shape": [1, 13]}]})


HTTP_REQUEST = b"".join(
    [
        b"POST /GeneralModelService/inference HTTP/1.1\r\nHost: x\r\n",
        b"Content-Length: %d\r\n\r\n" % len(HTTP_QUESTION),
        HTTP_QUESTION,
    ]
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(serve(LinearEngine())) as server:
        yield server.port


def price_over_http(port: int, host: str = "127.0.0.1") -> float:
    with Wire(port, host) as wire:
        wire.send(HTTP_REQUEST)
        return wire.price()


def price_over_grpc(target: str) -> float:
    with grpc.insecure_channel(target) as channel:
        body = channel.unary_unary(f"/{FULL_SERVICE}/inference")(request_body(1), timeout=20)
    return decode_response(body).outputs[0].tensors[0].tensor.array.item()


def test_every_protocol_answers_on_the_same_port(port: int) -> None:
    with BrpcWire(port) as wire:
        assert wire.price(1) == 13
    assert price_over_http(port) == 13
    assert price_over_grpc(f"127.0.0.1:{port}") == 13


def test_both_families_answer_on_one_port() -> None:
    with running(serve(LinearEngine()), host="::") as server:
        for host in ("127.0.0.1", "::1"):
            assert price_over_http(server.port, host) == 13
            with BrpcWire(server.port, host) as wire:
                assert wire.price(1) == 13
        assert price_over_grpc(f"[::1]:{server.port}") == 13


def test_a_port_of_its_own_speaks_one_protocol_only() -> None:
    with running(serve(LinearEngine()), grpc=0, brpc=0, http=0) as server:
        ports = {name: server.ports[name] for name in ("grpc", "brpc", "http")}
        assert price_over_grpc(f"127.0.0.1:{ports['grpc']}") == price_over_http(ports["http"]) == 13
        with BrpcWire(ports["brpc"]) as wire:
            assert wire.price(1) == 13
        for name in ("grpc", "brpc"):
            with Wire(ports[name]) as wire:
                wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
                assert wire.ended()
        with Wire(ports["http"]) as wire:
            wire.send(b"PRPC\0\0\0\0\0\0\0\0\r\n\r\n")
            assert wire.head()[0] == 400


def test_a_beginning_that_comes_byte_by_byte_is_recognised(port: int) -> None:
    with BrpcWire(port) as wire:
        wire.send(*(bytes([byte]) for byte in call(1)))
        assert wire.answered() == 13


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(begin=st.sampled_from(BEGINNINGS), soup=st.binary(max_size=200), cuts=st.lists(st.integers(0, 220), max_size=3))
def test_byte_soup_gets_a_clean_refusal_and_the_server_lives_on(
    port: int, begin: bytes, soup: bytes, cuts: list[int]
) -> None:
    """After soup that could still become a request, an end of the stream has to be the end of the connection."""
    stream = begin + soup
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    with Wire(port) as wire:
        started_s = time.monotonic()
        try:
            wire.send(*(stream[a:b] for a, b in pairwise(edges)))
            wire.socket.shutdown(socket.SHUT_WR)
            wire.rest()
        except (ConnectionResetError, BrokenPipeError, OSError):
            pass  # refused while it still came
        assert time.monotonic() - started_s < 5
    with Wire(port) as wire:
        wire.send(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.answer() == (200, b"OK")


@pytest.mark.parametrize("reset", [False, True])
def test_bare_connections_that_close_at_once_do_no_harm(port: int, reset: bool) -> None:
    """bRPC's health checks do this."""
    for _ in range(50):
        with Wire(port) as wire:
            if reset:
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert price_over_http(port) == 13


@pytest.mark.parametrize("beginning", [HTTP_REQUEST, call(2)], ids=["http", "brpc"])
def test_neighbours_of_a_client_that_dies_get_their_answers(beginning: bytes) -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, ThreadPoolExecutor(2) as pool, BrpcWire(server.port) as neighbour:
        dying = Wire(server.port)
        dying.send(beginning)
        assert engine.running.wait(20)
        neighbour.send(call(3))
        others = [
            pool.submit(price_over_http, server.port),
            pool.submit(price_over_grpc, f"127.0.0.1:{server.port}"),
        ]
        dying.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        dying.close()
        engine.gate.set()
        assert neighbour.answered() == 39
        assert [other.result(20) for other in others] == [13, 13]


def test_a_grpc_client_that_dies_leaves_its_neighbours_alone() -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, BrpcWire(server.port) as neighbour:
        channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
        dying = channel.unary_unary(f"/{FULL_SERVICE}/inference").future(request_body(2))
        assert engine.running.wait(20)
        neighbour.send(call(3))
        channel.close()
        assert dying.code() is grpc.StatusCode.CANCELLED
        engine.gate.set()
        assert neighbour.answered() == 39


@pytest.fixture
def few_open_files() -> Iterator[None]:
    """Begin with what a shell allows."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_open_files")
def test_hundreds_of_idle_connections_leave_room_for_work(port: int) -> None:
    allow_open_files()
    wires = [Wire(port) for _ in range(200)] + [BrpcWire(port) for _ in range(150)]
    for wire in wires[200:]:
        wire.send(call(1)[:20])
    channels = [grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.channel_id", n)]) for n in range(150)]
    for channel in channels:
        grpc.channel_ready_future(channel).result(20)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda _: price_over_http(port), range(40))) == {13.0}
        for wire in wires[200:210]:
            wire.send(call(1)[20:])
            assert wire.answered() == 13
    finally:
        for channel in channels:
            channel.close()
        for wire in wires:
            wire.close()


def test_what_is_accepted_has_no_delay(port: int) -> None:
    """Without TCP_NODELAY an answer in two writes waits some 40 ms for the client's acknowledgement."""
    listening = bind("127.0.0.1", 0)
    listening.listen()
    with listening, socket.create_connection(listening.getsockname()) as _:
        accepted, _address = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_in_use_is_one_sentence_and_leaves_none_open(port: int) -> None:
    with pytest.raises(BadInput, match=rf"cannot listen on 127.0.0.1 port {port}: Address already in use.*; choose"):
        bind_all("127.0.0.1", {"": 0, "grpc": port})
    with pytest.raises(BadInput, match=r"cannot listen on no\.such\.host\.invalid port 9393: "):
        bind("no.such.host.invalid", 9393)


def test_a_port_that_is_taken_and_not_listened_on_yet_refuses() -> None:
    """While models load, a balancer has to look elsewhere."""
    with bind("127.0.0.1", 0) as bound, pytest.raises(ConnectionRefusedError):
        socket.create_connection(bound.getsockname(), timeout=20)


def test_of_two_that_load_at_once_one_is_told_that_the_other_listens() -> None:
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with bind("127.0.0.1", port) as second:
            first.listen()
            with pytest.raises(
                BadInput, match=rf"cannot listen on 127.0.0.1 port {port}: Address already in use; choose"
            ):
                asyncio.run(Mux(second, []).start())


def test_a_server_tells_its_ports() -> None:
    with running(serve(LinearEngine()), brpc=0) as server:
        assert isinstance(server, PortServer)
        assert set(server.ports) == {"", "brpc"}
        assert server.port == server.ports[""]
