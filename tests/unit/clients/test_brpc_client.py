import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from serving_kit.clients.brpc_client import Client
from serving_kit.codecs import prototxt
from serving_kit.codecs.bfloat16 import to_bits
from serving_kit.codecs.compression import Compression, compress
from serving_kit.codecs.general_message import encode_response
from serving_kit.errors import BadInput, Unsupported
from serving_kit.types import ElementType, InferResponse, ModelOutput, NamedTensor, Tensor, TensorSpec
from tests.unit.clients.brpc_stand_in import BrpcStandIn, Call, echo, serving

X = TensorSpec("x", "features", ElementType.FP32, (-1, 13))
WORDS = TensorSpec("words", "words", ElementType.INT64, (-1,), is_lod=True)
TEXT = TensorSpec("text", "text", ElementType.STRING, (1,))
ROW = np.linspace(0, 1, 13, dtype=np.float32)
Connect = Callable[..., Client]


@pytest.fixture
def brpc() -> Iterator[BrpcStandIn]:
    with serving() as server:
        yield server


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Return a connected client of inputs that are outputs too."""
    clients = []

    def connected(endpoints: list[str], *specs: TensorSpec) -> Client:
        prototxt.write(tmp_path, prototxt.CLIENT_CONF, specs or [X], specs or [X])
        client = Client()
        client.load_client_config(str(tmp_path))
        client.connect(endpoints)
        clients.append(client)
        return client

    yield connected
    for client in clients:
        client.release()


def test_a_request_is_paddle_servings_and_its_answer_arrays_by_alias(brpc: BrpcStandIn, connect: Connect) -> None:
    client = connect([brpc.address])
    answer = client.predict(feed={"features": ROW}, fetch=["features"], log_id=7)
    assert list(answer) == ["features"]
    np.testing.assert_array_equal(answer["features"], ROW[None])
    (call,) = brpc.calls
    assert call.frame.meta.request.method_name == "inference"
    assert call.frame.meta.request.service_name.endswith("general_model.GeneralModelService")
    assert 0 < call.frame.meta.request.timeout_ms <= 20000
    (named,) = call.request.tensors
    assert (named.name, named.alias, call.request.fetch, call.request.log_id) == ("x", "features", ("features",), 7)


def test_the_payload_is_byte_for_byte_paddle_servings(brpc: BrpcStandIn, tmp_path: Path) -> None:
    price = TensorSpec("fc_0.tmp_1", "price", ElementType.FP32, (1,))
    prototxt.write(tmp_path, prototxt.CLIENT_CONF, [TensorSpec("x", "x", ElementType.FP32, (13,))], [price])
    brpc.answer = lambda call: call.fail(1003)
    client = Client()
    client.load_client_config(str(tmp_path))
    client.connect([brpc.address])
    client.predict(feed={"x": ROW}, fetch=["price"], log_id=7)
    client.release()
    # As the client of 0.9 was seen to send the same.
    tensor = b"\x12\x34" + ROW.tobytes() + bytes.fromhex("5001 5a02010d 6a0178 720178")
    assert brpc.calls[0].frame.payload == b"\x0a\x42" + tensor + b"\x12\x05price\x20\x07"


@pytest.mark.parametrize(
    ("feed", "batch", "shape"),
    [
        ({"features": np.ones((5, 13))}, True, (5, 13)),
        ({"features": np.ones((5, 13))}, False, (1, 5, 13)),
        ([{"features": [1.0] * 13}], False, (1, 13)),
        ([1.0] * 13, False, (1, 13)),
        ({"features": np.ones(13, np.int64)}, True, (13,)),
    ],
)
def test_a_feed_keeps_its_shape_and_takes_the_configurations_type(
    brpc: BrpcStandIn, connect: Connect, feed: object, batch: bool, shape: tuple[int, ...]
) -> None:
    answer = connect([brpc.address]).predict(feed=feed, batch=batch)["features"]
    assert (answer.shape, answer.dtype) == (shape, np.float32)


@pytest.mark.parametrize("element_type", [kind for kind in ElementType if kind not in (20, ElementType.BF16)])
def test_every_element_type_is_carried(brpc: BrpcStandIn, connect: Connect, element_type: ElementType) -> None:
    array = np.arange(6).reshape(1, 2, 3).astype(element_type.dtype)
    client = connect([brpc.address], TensorSpec("v", "v", element_type, (-1, 2, 3)))
    answer = client.predict(feed={"v": array}, batch=True)["v"]
    assert answer.dtype == array.dtype
    np.testing.assert_array_equal(answer, array)
    answer.flat[0] = 1  # it is the caller's own


@pytest.mark.parametrize("shape", [(), (2, 2)])
def test_bfloat16_is_float32_to_callers(brpc: BrpcStandIn, connect: Connect, shape: tuple[int, ...]) -> None:
    client = connect([brpc.address], TensorSpec("v", "v", ElementType.BF16, (-1,)))
    array = np.full(shape, 1.0 + 2**-9, np.float32)
    answer = client.predict(feed={"v": array}, batch=True)["v"]
    assert answer.dtype == np.float32
    np.testing.assert_array_equal(answer, np.full(shape, 1.0))
    np.testing.assert_array_equal(client.predict(feed={"v": to_bits(array).reshape(shape)}, batch=True)["v"], answer)


@pytest.mark.parametrize(("text", "shape"), [("你好", (1,)), ("你好".encode(), (1,)), (["你好"] * 2, (1, 2))])
def test_text_is_carried(brpc: BrpcStandIn, connect: Connect, text: object, shape: tuple[int, ...]) -> None:
    answer = connect([brpc.address], TEXT).predict(feed={"text": text})["text"]
    assert answer.shape == shape
    assert set(answer.ravel()) == {"你好"}


def test_a_level_of_detail_travels_both_ways(brpc: BrpcStandIn, connect: Connect) -> None:
    feed = {"words": np.zeros((8, 1), np.int64), "words.lod": [0, 3, 8]}
    answer = connect([brpc.address], WORDS).predict(feed=feed, batch=True)
    assert answer["words.lod"].tolist() == [0, 3, 8]
    assert answer["words"].shape == (8, 1)


def test_tensors_go_in_the_order_of_the_configuration(brpc: BrpcStandIn, connect: Connect) -> None:
    connect([brpc.address], X, WORDS).predict(feed={"words": [1], "features": ROW}, fetch=["features", "no such"])
    assert [named.alias for named in brpc.calls[0].request.tensors] == ["features", "words"]
    assert brpc.calls[0].request.fetch == ("features",)


def test_several_engines_answer_by_their_names(brpc: BrpcStandIn, connect: Connect) -> None:
    def twice(call: Call) -> None:
        tensors = call.request.tensors
        call.reply(InferResponse(tuple(ModelOutput(name, "", tensors) for name in ("bow", "cnn"))))

    brpc.answer = twice
    answer = connect([brpc.address]).predict(feed=ROW.tolist())
    assert {engine: list(arrays) for engine, arrays in answer.items()} == {"bow": ["features"], "cnn": ["features"]}

    def divided(call: Call) -> None:
        features, words = call.request.tensors
        call.reply(InferResponse((ModelOutput("bow", "", (features,)), ModelOutput("cnn", "", (words,)))))

    brpc.answer = divided
    answer = connect([brpc.address], X, WORDS).predict(
        feed={"features": ROW, "words": [1]}, fetch=["features", "words"]
    )
    assert {engine: list(arrays) for engine, arrays in answer.items()} == {"bow": ["features"], "cnn": ["words"]}


def test_an_answer_by_name_alone_is_found_and_one_without_the_output_is_a_value_error(
    brpc: BrpcStandIn, connect: Connect
) -> None:
    name = "x"
    brpc.answer = lambda call: call.reply(
        InferResponse((ModelOutput("", "", (NamedTensor(name, Tensor(ROW[None]), "", ElementType.FP32),)),))
    )
    client = connect([brpc.address], TensorSpec("x", "x", ElementType.FP32, (13,)))
    assert client.predict(feed={"x": ROW})["x"].shape == (1, 13)
    name = "y"
    with pytest.raises(ValueError, match=r"Failed to fetch 'x': the server answered with \['y'\]"):
        client.predict(feed={"x": ROW})


@pytest.mark.parametrize("kind", list(Compression))
def test_compressed_answers_are_read(brpc: BrpcStandIn, connect: Connect, kind: Compression) -> None:
    def packed(call: Call) -> None:
        payload = encode_response(InferResponse((ModelOutput("", "", call.request.tensors),)))
        call.send(compress(payload, kind), compress_type=int(kind))

    brpc.answer = packed
    np.testing.assert_array_equal(connect([brpc.address]).predict(feed={"features": ROW})["features"], ROW[None])


def test_an_answer_may_come_byte_by_byte_after_one_that_nobody_waits_for(brpc: BrpcStandIn, connect: Connect) -> None:
    client = connect([brpc.address])
    assert client.predict(feed={"features": ROW}) is not None
    number = brpc.calls[0].frame.meta.correlation_id

    def stray_first(call: Call) -> None:
        call.send(b"", number=number, code=2001)
        for byte in _echoed(call):
            call.socket.sendall(bytes([byte]))

    brpc.answer = stray_first
    assert client.predict(feed={"features": ROW})["features"].shape == (1, 13)


def _echoed(call: Call) -> bytes:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        echo(Call(call.frame, ours, 0))
        return theirs.recv(1 << 16)


@pytest.mark.parametrize(("code", "times"), [(1003, 1), (2001, 1), (-5100, 1), (2004, 3), (2003, 3)])
def test_a_failure_is_printed_and_none_and_only_a_refusal_is_tried_again(
    brpc: BrpcStandIn, connect: Connect, code: int, times: int, capsys: pytest.CaptureFixture[str]
) -> None:
    brpc.answer = lambda call: call.fail(code, "[E] input 'x' is upside down")
    assert connect([brpc.address]).predict(feed={"features": ROW}) is None
    assert capsys.readouterr().out == "predict failed: [E] input 'x' is upside down\n"
    assert len(brpc.calls) == times


def test_the_plain_sentence_beside_a_failures_text_is_preferred(
    brpc: BrpcStandIn, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    said = encode_response(InferResponse((), err_no=1003, err_msg="input 'x' is upside down"))
    brpc.answer = lambda call: call.send(said, code=1003, text="[127.0.0.1:9393][E1003]input 'x' is upside down")
    assert connect([brpc.address]).predict(feed={"features": ROW}) is None
    assert capsys.readouterr().out == "predict failed: input 'x' is upside down\n"


def test_a_failure_told_in_the_message_is_printed_too(
    brpc: BrpcStandIn, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    brpc.answer = lambda call: call.reply(InferResponse((), err_no=5000, err_msg="out of paper"))
    assert connect([brpc.address]).predict(feed={"features": ROW}) is None
    assert "out of paper" in capsys.readouterr().out


def test_an_overloaded_server_is_asked_again_until_it_takes_the_request(brpc: BrpcStandIn, connect: Connect) -> None:
    brpc.answer = lambda call: call.fail(2004, "full") if len(brpc.calls) < 3 else echo(call)
    assert connect([brpc.address]).predict(feed={"features": ROW})["features"].shape == (1, 13)


def test_a_request_that_may_have_reached_a_model_is_sent_once(
    brpc: BrpcStandIn, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    brpc.answer = Call.hang_up
    with serving() as other:
        assert connect([brpc.address]).predict(feed={"features": ROW}) is None
        assert not other.calls
    assert "broke the connection before it had answered" in capsys.readouterr().out
    assert len(brpc.calls) == 1


def test_connections_are_kept_one_for_each_caller_at_a_time(brpc: BrpcStandIn, connect: Connect) -> None:
    client = connect([brpc.address])
    for _ in range(5):
        client.predict(feed={"features": ROW})
    assert brpc.connections == 1
    together = threading.Barrier(4)

    def with_others(call: Call) -> None:
        together.wait(20)
        echo(call)

    brpc.answer = with_others
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.predict(feed={"features": ROW}), range(8)))
    assert all(answer["features"].shape == (1, 13) for answer in answers)
    assert brpc.connections == 4


def test_threads_get_their_own_answers(brpc: BrpcStandIn, connect: Connect) -> None:
    client = connect([brpc.address])

    def ask(number: int) -> bool:
        return bool((client.predict(feed={"features": np.full(13, number)})["features"] == number).all())

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(200)))
    assert brpc.connections <= 16


def test_connections_that_the_server_closed_are_replaced(brpc: BrpcStandIn, connect: Connect) -> None:
    client = connect([brpc.address])
    client.predict(feed={"features": ROW})
    closed = brpc.sockets[0]
    brpc.drop_connections()
    closed.close()
    assert client.predict(feed={"features": ROW}) is not None
    assert brpc.connections == 2


def test_calls_are_shared_between_servers_and_a_dead_one_is_not_noticed(
    brpc: BrpcStandIn, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as other:
        client = connect([brpc.address, other.address])
        for _ in range(10):
            client.predict(feed={"features": ROW})
        assert (len(brpc.calls), len(other.calls)) == (5, 5)
        address = other.address
    for _ in range(10):
        assert client.predict(feed={"features": ROW}) is not None
    assert capsys.readouterr().out == ""
    assert address != brpc.address


def test_a_server_that_stops_is_left_for_another(brpc: BrpcStandIn, connect: Connect) -> None:
    brpc.answer = lambda call: call.fail(2003, "the server stops")
    with serving() as other:
        client = connect([brpc.address, other.address])
        answers = [client.predict(feed={"features": ROW}) for _ in range(4)]
        assert None not in answers
        assert len(other.calls) == 4


def test_a_silent_server_is_left_when_the_time_is_over(
    brpc: BrpcStandIn, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    brpc.answer = lambda call: None
    client = connect([brpc.address])
    client.set_rpc_timeout_ms(50)
    assert client.predict(feed={"features": ROW}) is None
    assert "did not answer within 0.05 s" in capsys.readouterr().out
    assert len(brpc.calls) == 1


def test_an_answer_that_is_no_frame_is_told(
    brpc: BrpcStandIn, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    brpc.answer = lambda call: call.socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert connect([brpc.address]).predict(feed={"features": ROW}) is None
    assert "does not speak bRPC" in capsys.readouterr().out


@pytest.mark.parametrize("payload", [b"\xff\xff", b"\x0a\x03\x0a\x01\x0a"])
def test_an_answer_that_cannot_be_read_is_told(
    brpc: BrpcStandIn, connect: Connect, payload: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    brpc.answer = lambda call: call.send(payload)
    assert connect([brpc.address]).predict(feed={"features": ROW}) is None
    assert "cannot be read" in capsys.readouterr().out


def test_no_server_is_printed_and_none(connect: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as server:
        address = server.address
    assert connect([address]).predict(feed={"features": ROW}) is None
    assert f"no server answers at {address}" in capsys.readouterr().out


def test_variants_get_calls_by_their_weights_and_are_named(brpc: BrpcStandIn, tmp_path: Path) -> None:
    prototxt.write(tmp_path, prototxt.CLIENT_CONF, [X], [X])
    client = Client()
    client.load_client_config([str(tmp_path / prototxt.CLIENT_CONF)])
    with serving() as other:
        client.add_variant("bow", [brpc.address], 30)
        client.add_variant("cnn", [other.address], 70)
        client.connect()
        tags = [client.predict(feed={"features": ROW}, need_variant_tag=True)[1] for _ in range(200)]
        client.release()
    assert (tags.count("bow"), tags.count("cnn")) == (len(brpc.calls), len(other.calls))
    assert 30 <= tags.count("bow") <= 95  # 60 of 200 is what is meant; outside of this once in ten million runs


def test_a_variant_of_weight_0_gets_nothing_and_endpoints_do_not_replace_variants(
    brpc: BrpcStandIn, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prototxt.write(tmp_path, prototxt.CLIENT_CONF, [X], [X])
    client = Client()
    client.load_client_config(str(tmp_path))
    client.add_variant("old", [brpc.address], 1)
    client.add_variant("new", ["127.0.0.1:1"], 0)
    client.connect(["127.0.0.1:1"])
    assert "will not take effect" in capsys.readouterr().out
    assert {client.predict(feed={"features": ROW}, need_variant_tag=True)[1] for _ in range(20)} == {"old"}
    client.release()


def test_one_endpoint_has_a_tag_of_its_own(brpc: BrpcStandIn, connect: Connect) -> None:
    arrays, tag = connect([brpc.address]).predict(feed={"features": ROW}, need_variant_tag=True)
    assert list(arrays) == ["features"]
    assert tag.startswith("default_tag_")


def test_names_are_the_configurations(connect: Connect) -> None:
    client = connect(["127.0.0.1:1"], X, WORDS)
    assert client.get_feed_names() == client.get_fetch_names() == ["features", "words"]


@pytest.mark.parametrize(
    ("feed", "fetch", "said"),
    [
        (None, None, "You should specify feed"),
        ({"y": [1.0]}, None, "Wrong feed name: y"),
        ({"features": ["high"] * 13}, None, "feed 'features' must hold FP32 values"),
        ({"features": [[1], [2, 3]]}, None, "feed 'features' cannot become an array"),
        ({"words": [1.5]}, None, "feed 'words' holds values that int64 cannot"),
        ({"text": [1]}, None, "feed 'text' must hold text"),
        ({"features": ROW}, 3, "fetch must be a str"),
    ],
)
def test_arguments_that_do_not_fit_are_value_errors(connect: Connect, feed: object, fetch: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        connect(["127.0.0.1:1"], X, WORDS, TEXT).predict(feed=feed, fetch=fetch)


def test_what_cannot_be_used_is_said_in_one_sentence(tmp_path: Path) -> None:
    client = Client()
    with pytest.raises(ValueError, match="call connect first"):
        client.predict(feed={"x": 1})
    with pytest.raises(ValueError, match="must set the endpoints parameter or use add_variant"):
        client.connect()
    with pytest.raises(Unsupported, match="encrypted models are not served"):
        client.connect(["127.0.0.1:1"], encryption=True)
    with pytest.raises(Unsupported, match=r"key 'my\.key' is of no use"):
        client.use_key("my.key")
    with pytest.raises(BadInput, match="write it like 127"):
        client.connect(["127.0.0.1"])
    with pytest.raises(ValueError, match="give at least one ip:port"):
        client.add_variant("a", [], 1)
    with pytest.raises(ValueError, match="variant 'a' has the weight 'much'"):
        client.add_variant("a", ["127.0.0.1:1"], "much")  # type: ignore[arg-type]
    client.add_variant("a", ["127.0.0.1:1"], 0)
    with pytest.raises(ValueError, match="every variant has weight 0"):
        client.connect()


STAGES = {
    "FLAGS_profile_client": ["py_prepro", "py_client_infer", "py_postpro"],
    "FLAGS_profile_server": ["py_prepro", "py_client_infer", "op0", "op1", "py_postpro"],
}


@pytest.mark.parametrize("flag", STAGES)
def test_where_the_time_went_is_told_where_the_environment_asks(
    brpc: BrpcStandIn,
    connect: Connect,
    flag: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def timed(call: Call) -> None:
        times_us = (1, 2, 3, 4) if call.request.profile else (1, 4)
        call.reply(InferResponse((ModelOutput("", "", call.request.tensors),), times_us))

    brpc.answer = timed
    client = connect([brpc.address])
    client.predict(feed={"features": ROW})
    assert capsys.readouterr().err == ""
    monkeypatch.setenv(flag, "1")
    client.predict(feed={"features": ROW})
    profile, pid, marks = capsys.readouterr().err.split("\t")
    assert (profile, pid) == ("PROFILE", f"pid:{os.getpid()}")
    assert [mark.split(":")[0] for mark in marks.split()] == [
        f"{stage}_{end}" for stage in STAGES[flag] for end in (0, 1)
    ]


@pytest.mark.parametrize("timeout_ms", [0, 1.5, "1"])
def test_timeouts_are_whole_milliseconds(timeout_ms: object) -> None:
    with pytest.raises(ValueError, match="must be int type"):
        Client().set_rpc_timeout_ms(timeout_ms)  # type: ignore[arg-type]
