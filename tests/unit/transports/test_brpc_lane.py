"""baidu_std on a real port, frame by frame."""

import socket
import struct
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving_kit.codecs.baidu_std import Frame, encode_frame, request_meta, response_meta
from serving_kit.codecs.compression import Compression, compress, decompress
from serving_kit.codecs.general_message import FULL_SERVICE, SERVICE, decode_response, encode_request
from serving_kit.transports.brpc import lane
from serving_kit.types import ElementType, InferRequest, InferResponse, NamedTensor, Tensor
from tests.unit.served import EchoEngine, FailingEngine, GatedEngine, LinearEngine, serve
from tests.unit.transports.asking import LIMIT_BYTES
from tests.unit.transports.brpc import BrpcWire, call, request_body
from tests.unit.transports.stuck import StuckExecutor
from tests.unit.transports.wire import running

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(serve(LinearEngine())) as server:
        yield server.port


@pytest.fixture
def wire(port: int) -> Iterator[BrpcWire]:
    with BrpcWire(port) as wire:
        yield wire


def response(frame: Frame) -> InferResponse:
    assert frame.payload is not None
    return decode_response(frame.payload)


def refused(wire: BrpcWire, question: bytes) -> tuple[int, str]:
    """Send what is wrong, read why, and see that the connection still answers."""
    wire.send(question)
    frame = wire.frame()
    told = frame.meta.response
    failure = response(frame)
    assert (failure.err_no, failure.err_msg) == (told.error_code, told.error_text.split("]", 2)[2])
    assert wire.price(1) == 13
    return told.error_code, told.error_text


@pytest.mark.parametrize("service", [SERVICE, FULL_SERVICE])
@pytest.mark.parametrize("method", ["inference", "debug"])
def test_both_methods_answer_under_both_names(wire: BrpcWire, service: str, method: str) -> None:
    wire.send(call(2, 7, service=service, method=method))
    frame = wire.frame()
    assert (frame.meta.correlation_id, frame.meta.response.error_code, frame.meta.compress_type) == (7, 0, 0)
    (output,) = response(frame).outputs
    (price,) = output.tensors
    assert (output.engine_name, price.name, price.alias) == ("GeneralInferOp_0", "fc_0.tmp_1", "price")
    assert price.tensor.array.tolist() == [[26.0]]


def test_log_id_and_times_come_back(wire: BrpcWire) -> None:
    wire.send(encode_frame(request_meta(FULL_SERVICE, "inference", 1), request_body(1, log_id=7)))
    answer = response(wire.frame())
    start_us, end_us = answer.profile_us
    assert (answer.log_id, answer.err_no, start_us <= end_us) == (7, 0, True)


@pytest.mark.parametrize("compression", Compression)
def test_an_answer_is_packed_as_its_question_was(wire: BrpcWire, compression: Compression) -> None:
    meta = request_meta(FULL_SERVICE, "inference", 1, compress_type=compression)
    wire.send(encode_frame(meta, compress(request_body(1), compression)))
    frame = wire.frame()
    assert (frame.meta.compress_type, frame.payload is None) == (compression, False)
    body = decompress(frame.payload or b"", compression, 1000)
    assert decode_response(body).outputs[0].tensors[0].tensor.array.item() == 13


def test_requests_sent_in_one_write_are_all_answered() -> None:
    with running(serve(LinearEngine(), queue_limit=300)) as server, BrpcWire(server.port) as wire:
        wire.send(b"".join(call(n, n) for n in range(1, 300)))
        answers = {frame.meta.correlation_id: response(frame) for frame in wire.frames(299)}
    assert {n: answer.outputs[0].tensors[0].tensor.array.item() for n, answer in answers.items()} == {
        n: 13.0 * n for n in range(1, 300)
    }


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 300), max_size=4))
def test_a_request_cut_anywhere_is_answered(wire: BrpcWire, cuts: list[int]) -> None:
    stream = call(1) + call(2)
    edges = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    wire.send(*(stream[a:b] for a, b in pairwise(edges)))
    assert sorted(response(frame).outputs[0].tensors[0].tensor.array.item() for frame in wire.frames(2)) == [13, 26]


def test_what_is_wrong_has_its_code_and_leaves_the_connection(wire: BrpcWire, port: int) -> None:
    def at(code: int) -> str:
        return f"[127.0.0.1:{port}][E{code}]"

    meta = request_meta(FULL_SERVICE, "inference", 1)
    gzipped = request_meta(FULL_SERVICE, "inference", 1, compress_type=2)
    strange = request_meta(FULL_SERVICE, "inference", 1, compress_type=9)
    for question, code, said in (
        (call(1, service="nope"), 1001, "Fail to find service=nope"),
        (call(1, method="nope"), 1002, f"Fail to find method={FULL_SERVICE}/nope"),
        (encode_frame(meta, b"\xff\xff\xff"), 1003, "Fail to parse request message, request_size=3"),
        (encode_frame(meta, b""), 1003, "input 'features' is missing; model 'uci_housing' takes 'features'"),
        (encode_frame(meta, request_body(1, fetch=["cost"])), 1003, "output 'cost' is unknown"),
        (encode_frame(gzipped, request_body(1)), 1003, "the body is not compressed as it says"),
        (encode_frame(strange, request_body(1)), 1003, "compress_type 9 is unknown"),
        (encode_frame(response_meta(1), b""), 1003, "the frame carries no request"),
        (encode_frame(meta, b"x" * (LIMIT_BYTES + 1)), 1003, "the body is larger than this server's limit"),
    ):
        found, text = refused(wire, question)
        assert (found, text.startswith(at(code) + said)) == (code, True), text


def test_a_body_that_unpacks_over_the_limit_is_refused(wire: BrpcWire) -> None:
    meta = request_meta(FULL_SERVICE, "inference", 1, compress_type=Compression.ZLIB)
    code, text = refused(wire, encode_frame(meta, compress(b"x" * (LIMIT_BYTES + 1), Compression.ZLIB)))
    assert (code, "larger than this server's limit" in text) == (1003, True)


def test_an_engine_that_fails_is_paddle_servings_own_code() -> None:
    with running(serve(FailingEngine())) as server, BrpcWire(server.port) as wire:
        wire.send(call(1))
        told = wire.frame().meta.response
    assert told.error_code == -5100
    assert "[E-5100]InferService inference failed! the engine failed on this input: axis" in told.error_text


def test_a_full_queue_is_told_as_bRPC_tells_it() -> None:  # noqa: N802
    engine = GatedEngine()
    with running(serve(engine, queue_limit=1)) as server, BrpcWire(server.port) as wire:
        wire.send(call(1, 1))
        assert engine.running.wait(20)
        wire.send(call(2, 2))
        second = wire.frame().meta
        assert (second.correlation_id, second.response.error_code) == (2, 2004)
        engine.gate.set()
        assert wire.answered() == 13


def test_a_deadline_in_the_meta_holds() -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, BrpcWire(server.port) as wire:
        wire.send(encode_frame(request_meta(FULL_SERVICE, "inference", 1, timeout_ms=50), request_body(1)))
        told = wire.frame().meta.response
        engine.gate.set()
    assert (told.error_code, "no answer within 0.05 s" in told.error_text) == (1008, True)


def test_answers_come_as_they_are_ready() -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, BrpcWire(server.port) as wire:
        wire.send(call(1, 1))
        assert engine.running.wait(20)
        wire.send(call(1, 2, method="nope"))
        assert wire.frame().meta.correlation_id == 2
        engine.gate.set()
        assert wire.frame().meta.correlation_id == 1


@pytest.mark.parametrize("garbage", [b"PRPC\0\0\0\x01\0\0\0\x02", b"PRPC\0\0\0\x03\0\0\0\x03\xff\xff\xff"])
def test_what_is_no_frame_ends_its_connection_only(port: int, wire: BrpcWire, garbage: bytes) -> None:
    with BrpcWire(port) as other:
        other.send(garbage)
        assert other.ended()
    assert wire.price(1) == 13


def test_a_client_that_closed_its_side_is_still_answered(port: int) -> None:
    with BrpcWire(port) as wire:
        wire.send(call(1), call(2))
        wire.socket.shutdown(socket.SHUT_WR)
        assert len(wire.frames(2)) == 2
        assert wire.ended()


@pytest.mark.parametrize("reset", [False, True])
def test_the_work_of_a_client_that_hangs_up_is_given_up(reset: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "LINGER_S", 0.1)
    model = serve(LinearEngine())
    stuck = model.executor = StuckExecutor()
    with running(model) as server:
        with BrpcWire(server.port) as half, BrpcWire(server.port) as wire:
            half.send(call(2)[:-5])
            wire.send(call(1))
            assert stuck.accepted.wait(20)
            if reset:
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert stuck.given_up.wait(20)


def test_neighbours_of_a_client_that_dies_get_their_answers() -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, BrpcWire(server.port) as dying, BrpcWire(server.port) as neighbour:
        dying.send(call(1))
        assert engine.running.wait(20)
        neighbour.send(call(2))
        dying.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        dying.close()
        engine.gate.set()
        assert neighbour.answered() == 26


def test_a_stop_waits_for_what_was_asked() -> None:
    engine = GatedEngine()
    with running(serve(engine)) as server, BrpcWire(server.port) as wire, BrpcWire(server.port) as idle:
        idle.send(call(1)[:5])
        wire.send(call(1))
        assert engine.running.wait(20)
        server.stop()
        assert idle.ended()
        engine.gate.set()
        assert wire.answered() == 13
        assert wire.ended()


def test_a_connection_without_traffic_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "IDLE_TIMEOUT_S", 0.2)
    with running(serve(LinearEngine())) as server, BrpcWire(server.port) as idle, BrpcWire(server.port) as within:
        assert idle.price(1) == 13
        within.send(call(1)[:-1])
        assert idle.ended()
        assert within.ended()


def test_a_slow_reader_holds_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that asks and does not read is not read from either; once it reads, it gets every answer."""
    monkeypatch.setattr(lane, "_MOST_AT_ONCE", 4)
    rows = 400
    with running(serve(LinearEngine(), queue_limit=8), max_body_bytes=1 << 20) as server, BrpcWire(server.port) as wire:
        body = request_body(1, rows=rows)
        frames = [encode_frame(request_meta(FULL_SERVICE, "inference", n), body) for n in range(300)]
        wire.socket.setblocking(False)
        stream, sent = b"".join(frames), 0
        answers: list[Frame] = []
        while sent < len(stream):
            try:
                sent += wire.socket.send(stream[sent : sent + (1 << 16)])
            except BlockingIOError:
                wire.socket.setblocking(True)
                answers += wire.frames(1)
                wire.socket.setblocking(False)
        wire.socket.setblocking(True)
        answers += wire.frames(300 - len(answers))
    assert sorted(frame.meta.correlation_id for frame in answers) == list(range(300))
    assert all(response(frame).outputs[0].tensors[0].tensor.array.shape == (rows, 1) for frame in answers)


def test_offsets_of_packed_sequences_go_both_ways() -> None:
    words = NamedTensor("words", Tensor(np.int64([[1], [2], [3]]), (0, 1, 3)), "words", ElementType.INT64)
    question = encode_request(InferRequest((words,)))
    with running(serve(EchoEngine(), "lac")) as server, BrpcWire(server.port) as wire:
        wire.send(encode_frame(request_meta(FULL_SERVICE, "inference", 1), question))
        (tags,) = response(wire.frame()).outputs[0].tensors
    assert (tags.tensor.array.tolist(), tags.tensor.lod) == ([[1], [2], [3]], (0, 1, 3))


@pytest.mark.parametrize("size_bytes", [1, 1_000_000, 100_000_000])
def test_bodies_of_every_size_are_read_and_refused_or_answered(size_bytes: int) -> None:
    rows = max(1, size_bytes // 52)
    with running(serve(LinearEngine()), max_body_bytes=1 << 28) as server, BrpcWire(server.port) as wire:
        wire.send(encode_frame(request_meta(FULL_SERVICE, "inference", 1), request_body(1, rows=rows)))
        assert response(wire.frame()).outputs[0].tensors[0].tensor.array.shape == (rows, 1)
