"""What ops ask that have their model behind servers; the same against real servers is in the integration tests."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import orjson
import pytest

from serving_kit.clients.op_client import op_client
from serving_kit.codecs import prototxt
from serving_kit.codecs.general_message import decode_request, encode_response
from serving_kit.codecs.pipeline_code import PipelineError
from serving_kit.errors import (
    BadInput,
    DeadlineExceeded,
    Internal,
    Kind,
    ModelFileError,
    NotFound,
    ServingKitError,
    Unavailable,
    Unsupported,
)
from serving_kit.types import ElementType, InferResponse, ModelOutput, TensorSpec
from tests.unit.clients import brpc_stand_in, grpc_stand_in
from tests.unit.clients.pipeline_stand_in import address, asked, pipeline, saying
from tests.unit.clients.stand_in import Asked, Handler, serving_http

WORDS = TensorSpec("words_0", "words", ElementType.INT64, (-1, 1), is_lod=True)
SCALE = TensorSpec("scale_0", "scale", ElementType.FP32, (-1, 2))
FEED = {"words": np.array([[1.0], [2.0], [3.0]]), "words.lod": [0, 2], "scale": [[0.5, 1.0]]}


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Describe a model whose outputs are its inputs."""
    prototxt.write(tmp_path, prototxt.CLIENT_CONF, [WORDS, SCALE], [WORDS, SCALE])
    return str(tmp_path)


def echo(body: bytes, context: grpc.ServicerContext) -> bytes:
    request = decode_request(body)
    tensors = [named for named in request.tensors if not request.fetch or named.alias in request.fetch]
    return encode_response(InferResponse((ModelOutput("engine", "echo", tuple(tensors)),)))


@pytest.fixture(params=["brpc", "grpc"])
def general(request: pytest.FixtureRequest) -> Iterator[tuple[str, Any]]:
    """Return a protocol and a server of it that answers with what it is asked."""
    with ExitStack() as stack:
        if request.param == "brpc":
            server: Any = stack.enter_context(brpc_stand_in.serving())
        else:
            server = stack.enter_context(grpc_stand_in.serving())
            server.answers["inference"] = echo
        yield request.param, server


def bodies(protocol: str, server: Any) -> list[bytes]:
    if protocol == "brpc":
        return [call.frame.payload for call in server.calls]
    return [body for _, body in server.asked]


def test_arrays_take_the_types_of_the_configuration(general: tuple[str, Any], config: str) -> None:
    protocol, server = general
    with closing(op_client([address(server)], protocol, [config], "", fetch=["words"])) as client:
        answer = client.predict(FEED, log_id=7)
        both = client.predict(FEED, ["scale", "words"])
    assert set(answer) == {"words", "words.lod"}
    np.testing.assert_array_equal(answer["words"], np.array([[1], [2], [3]], np.int64), strict=True)
    assert answer["words.lod"].tolist() == [0, 2]
    np.testing.assert_array_equal(both["scale"], np.array([[0.5, 1.0]], np.float32), strict=True)
    first, _ = (decode_request(body) for body in bodies(protocol, server))
    assert (first.fetch, first.log_id) == (("words",), 7)


def test_without_a_batch_each_array_gets_an_axis(general: tuple[str, Any], config: str) -> None:
    protocol, server = general
    with closing(op_client([address(server)], protocol, [config])) as client:
        answer = client.predict({"words": [1], "scale": np.ones(2)}, batch=False)
    assert (answer["words"].shape, answer["scale"].shape) == ((1, 1), (1, 2))


@pytest.mark.parametrize(
    ("feed", "fetch", "said"),
    [
        ({"words": [[1]]}, None, r"\['feed_batch'\]: the model takes \['words', 'scale'\], got \['words'\]"),
        ({**FEED, "more": [1]}, None, r"\['feed_batch'\]: .*got \['more', 'scale', 'words'\]"),
        (FEED, ["price"], r"\['fetch_list'\]: the model gives \['words', 'scale'\], not 'price'"),
        ({"words": [["a"]], "scale": [[1, 1]]}, None, "feed 'words' must hold INT64 values"),
        ({"words": [[0.5]], "scale": [[1, 1]]}, None, "feed 'words' holds values that int64 cannot"),
    ],
)
def test_a_feed_that_does_not_fit_is_named_and_nobody_is_asked(
    general: tuple[str, Any], config: str, feed: dict[str, Any], fetch: list[str] | None, said: str
) -> None:
    protocol, server = general
    with closing(op_client([address(server)], protocol, [config])) as client, pytest.raises(BadInput, match=said):
        client.predict(feed, fetch)
    assert not bodies(protocol, server)


def test_servers_take_turns_and_a_dead_one_is_passed_over(general: tuple[str, Any], config: str, nowhere: str) -> None:
    protocol, server = general
    with closing(op_client([nowhere, address(server)], protocol, [config])) as client:
        for _ in range(6):
            assert "words" in client.predict(FEED)
    assert len(bodies(protocol, server)) == 6


@pytest.mark.parametrize("protocol", ["brpc", "grpc"])
def test_nobody_there_is_an_error(protocol: str, config: str, nowhere: str) -> None:
    with (
        closing(op_client([nowhere], protocol, [config])) as client,
        pytest.raises(Unavailable, match=f"no server answers at {nowhere}"),
    ):
        client.predict(FEED)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (InferResponse((), err_no=-5100, err_msg="the engine failed"), Internal),
        (InferResponse((), err_no=1003, err_msg="no such input"), BadInput),
    ],
)
def test_a_failure_told_in_the_answer_is_raised(config: str, said: InferResponse, error: type[ServingKitError]) -> None:
    with grpc_stand_in.serving() as server:
        server.answers["inference"] = lambda body, context: encode_response(said)
        with closing(op_client([address(server)], "grpc", [config])) as client:
            with pytest.raises(error, match=said.err_msg):
                client.predict(FEED)
            server.answers["inference"] = lambda body, context: b"\xff"
            with pytest.raises(Internal, match="sent an answer that cannot be read"):
                client.predict(FEED)


def test_a_call_has_a_time_limit(config: str) -> None:
    with brpc_stand_in.serving(answer=lambda call: None) as server:
        client = op_client([address(server)], "brpc", [config], timeout_s=0.2)
        with closing(client), pytest.raises(DeadlineExceeded, match=r"within 0\.2 s"):
            client.predict(FEED)


def test_another_pipeline_is_asked_in_text_and_answers_in_lists_of_text() -> None:
    with pipeline(saying(price="18.9", label="a")) as server:
        with closing(op_client([address(server)], "pipeline_grpc")) as client:
            answer = client.predict({"x": np.array([[1.0]]), "note": "hi"}, log_id=7)
        request = asked(server)
    assert answer == {"price": ["18.9"], "label": ["a"]}
    assert (request.values, request.log_id) == ({"x": "array([[1.]])", "note": "hi"}, 7)


@pytest.mark.parametrize(("err_no", "kind"), [(5000, Kind.BAD_INPUT), (51, Kind.BAD_INPUT), (10000, Kind.INTERNAL)])
def test_an_error_of_another_pipeline_keeps_its_number_and_words(err_no: int, kind: Kind) -> None:
    with pipeline(saying(err_no, "its words")) as server, closing(op_client([address(server)], "pipeline_grpc")) as it:
        with pytest.raises(PipelineError, match=r"^its words$") as caught:
            it.predict({"x": "1"})
        assert (caught.value.err_no, caught.value.kind) == (err_no, kind)


PORTS = [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]
INFER = "/v2/models/adder/infer"
METADATA = {"name": "adder", "versions": ["1"], "platform": "stand-in", "inputs": PORTS, "outputs": PORTS}


def test_a_server_that_stops_is_passed_over_but_no_answer_is_asked_for_twice() -> None:
    def say(status: int, body: Any) -> Any:
        return lambda handler, _: handler.answer(status, orjson.dumps(body))

    def echo_json(handler: Handler, asked: Asked) -> None:
        length = int(asked.headers["inference-header-content-length"])
        given = np.frombuffer(asked.body[length:], np.float32).tolist()
        output = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": given}
        handler.answer(200, orjson.dumps({"model_name": "adder", "outputs": [output]}))

    with serving_http() as stopping, serving_http() as other:
        for server in (stopping, other):
            server.answers["/v2/models"] = say(200, {"models": ["adder"]})
            server.answers["/v2/models/adder"] = say(200, METADATA)
            server.answers[INFER] = echo_json
        stopping.answers[INFER] = say(503, {"error": "the server stops"})
        client = op_client([stopping.url, other.url], fetch=["x"])
        with closing(client):
            for _ in range(4):
                assert client.predict({"x": np.array([[1.5, 2]])})["x"].tolist() == [[1.5, 2.0]]
            with pytest.raises(BadInput, match="feed 'x' must hold FP32 values"):
                client.predict({"x": [["a", "b"]]})
            other.answers[INFER] = say(500, {"error": "the engine failed"})
            with pytest.raises(Internal, match="the engine failed"):
                client.predict({"x": np.ones((1, 2))})
        infers = [
            [asked.path for asked in server.asked].count("/v2/models/adder/infer") for server in (stopping, other)
        ]
    assert infers[0] >= 1
    assert infers[1] == 5


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (([], "brpc"), BadInput, "server_endpoints is empty"),
        ((["a:1"], "local_predictor"), BadInput, "client_type 'local_predictor' asks no servers; use brpc, grpc or"),
        ((["a:1"], "brpc"), BadInput, "client_type brpc needs client_config"),
        ((["a:1"], "grpc"), BadInput, "client_type grpc needs client_config"),
        ((["a:1"], "brpc", ["/nowhere"]), ModelFileError, "/nowhere"),
        ((["a"], "pipeline_grpc"), BadInput, "'a' is no address of a server"),
        ((["http://a:1", "b:1"], "brpc"), BadInput, "with and without a scheme, 'http://a:1' among them"),
        ((["ftp://a:1"], "brpc"), BadInput, "'ftp://a:1' is no address of a server"),
        ((["a:1"], "brpc", ["c"], "key.txt"), Unsupported, "leave use_encryption_model out"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    arguments: tuple[Any, ...], error: type[ServingKitError], said: str
) -> None:
    with pytest.raises(error, match=said):
        op_client(*arguments)


def test_a_server_without_the_model_says_so() -> None:
    def nothing(handler: Handler, _: Asked) -> None:
        handler.answer(404, b'{"error": "no model here"}')

    with serving_http() as server:
        server.otherwise = nothing
        client = op_client([server.url])
        with closing(client), pytest.raises(NotFound, match="no model here"):
            client.predict({"x": np.ones((1, 2), np.float32)})
