import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import orjson
import pytest

from serving_kit.clients import Client, connect
from serving_kit.codecs.open_inference import decode_request, encode_response
from serving_kit.errors import BadInput, DeadlineExceeded, Internal, NotFound, Unavailable
from serving_kit.types import Tensor
from tests.unit.clients.stand_in import Asked, Handler, StandIn

INFER = "/v2/models/tag-words/infer"
METADATA = {
    "name": "tag-words",
    "inputs": [
        {"name": "words", "datatype": "INT64", "shape": [-1, 1], "parameters": {"variable": "word_ids"}},
        {"name": "scale", "datatype": "FP32", "shape": [1]},
        {"name": "text", "datatype": "BYTES", "shape": [1]},
        {"name": "odd", "datatype": "BF16", "shape": [1]},
    ],
    "parameters": {"provenance": "registry"},
}


def echo(handler: Handler, asked: Asked) -> None:
    decoded = decode_request(asked.body, int(asked.headers["inference-header-content-length"]))
    outputs = {named.name: named.tensor for named in decoded.infer.tensors}
    outputs = {name: outputs[name] for name in decoded.infer.fetch or outputs}
    body, length = encode_response("tag-words", outputs, is_binary=decoded.is_binary)
    handler.answer(200, body, "application/octet-stream", Inference_Header_Content_Length=str(length))


def say(document: object, status: int = 200) -> object:
    return lambda handler, _: handler.answer(status, orjson.dumps(document))


@pytest.fixture
def echoing(server: StandIn) -> StandIn:
    server.answers |= {INFER: echo, "/v2/models": say({"models": ["tag-words"]})}
    server.answers["/v2/models/tag-words"] = say(METADATA)
    return server


@pytest.fixture
def client(echoing: StandIn) -> Iterator[Client]:
    with connect(echoing.url) as it:
        yield it


@pytest.mark.parametrize("dtype", ["float32", "int64", "int32", "float64", "uint8", "int8", "bool", "float16"])
def test_arrays_come_back_with_dtype_and_shape(client: Client, dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    answer = client.predict({"x": array})
    assert list(answer) == ["x"]
    assert answer["x"].dtype == dtype
    np.testing.assert_array_equal(answer["x"], array)


def test_answers_may_be_written_into(client: Client) -> None:
    answer = client.predict({"x": np.zeros((2, 2), np.float32)})["x"]
    answer += 1
    assert answer.sum() == 4


def test_strings_travel_as_bytes(client: Client) -> None:
    assert client.predict({"text": ["你好", "b"]})["text"].tolist() == ["你好".encode(), b"b"]


def test_a_level_of_detail_travels_both_ways(client: Client) -> None:
    answer = client.predict({"words": np.zeros((8, 1), np.int64), "words.lod": [0, 3, 8]})
    assert answer["words.lod"].tolist() == [0, 3, 8]
    same = client.predict({"words": Tensor(np.zeros((8, 1), np.int64), (0, 3, 8))})
    assert same["words.lod"].tolist() == [0, 3, 8]


def test_a_list_takes_the_dtype_the_model_wants_by_alias_or_variable(client: Client) -> None:
    answer = client.predict({"scale": [1, 2], "word_ids": [[3]], "unknown": [1.5]})
    assert [array.dtype for array in answer.values()] == [np.float32, np.int64, np.float64]


@pytest.mark.parametrize(
    ("feeds", "said"),
    [
        ({"words": [1.5]}, "feed 'words' holds values that int64 cannot"),
        ({"scale": ["high"]}, "feed 'scale' cannot become an array"),
        ({"scale": [[1], [2, 3]]}, "feed 'scale' cannot become an array"),
    ],
)
def test_a_list_the_model_cannot_take_is_refused_before_it_is_sent(
    client: Client, echoing: StandIn, feeds: dict[str, list[object]], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        client.predict(feeds)
    assert INFER not in [asked.path for asked in echoing.asked]


@pytest.mark.parametrize("fetch", ["y", ["y"], ("y",)])
def test_fetch_names_the_outputs_wanted(client: Client, fetch: str | list[str] | tuple[str, ...]) -> None:
    feeds = {"x": np.zeros(1), "y": np.ones(1)}
    assert list(client.predict(feeds, fetch=fetch)) == ["y"]


def test_the_only_model_is_found_once(client: Client, echoing: StandIn) -> None:
    assert repr(client) == f"Client({echoing.url!r}, model=None)"
    for _ in range(2):
        client.predict({"x": np.zeros(1)})
    assert [asked.path for asked in echoing.asked] == ["/v2/models", INFER, INFER]
    assert client.model == "tag-words"
    assert repr(client) == f"Client({echoing.url!r}, model='tag-words')"


def test_several_models_must_be_told_apart(server: StandIn) -> None:
    server.answers["/v2/models"] = say({"models": ["det", "rec"]})
    with connect(server.url) as client, pytest.raises(BadInput, match=r"model=\.\.\.\): \['det', 'rec'\]"):
        client.predict({"x": np.zeros(1)})


def test_a_models_name_is_quoted_in_the_path(server: StandIn) -> None:
    with connect(server.url, model="a b/c") as client, pytest.raises(NotFound, match="no such path"):
        client.predict({"x": np.zeros(1)})
    assert server.asked[-1].path == "/v2/models/a%20b%2Fc/infer"


def test_metadata_is_the_servers(client: Client) -> None:
    assert client.metadata() == METADATA


def test_ready_is_what_the_server_says_and_false_where_there_is_none(server: StandIn, nobody: str) -> None:
    with connect(server.url) as client, connect(nobody) as alone:
        server.answers["/v2/health/ready"] = say({"ready": True})
        assert client.is_ready()
        server.answers["/v2/health/ready"] = say({"ready": False}, 503)
        assert not client.is_ready()
        assert not alone.is_ready()


def test_waiting_for_a_server_ends_when_it_is_ready_or_the_time_is_over(server: StandIn, nobody: str) -> None:
    answers = [say({"ready": False}, 503), say({"ready": True})]

    def answer_next(handler: Handler, asked: Asked) -> None:
        answers.pop(0)(handler, asked)

    server.answers["/v2/health/ready"] = answer_next
    with connect(server.url, retries=0) as client, connect(nobody) as alone:
        client.wait_ready(timeout_s=30)
        assert not answers
        with pytest.raises(DeadlineExceeded, match="was not ready within 0 s"):
            alone.wait_ready(timeout_s=0)


def test_a_call_may_have_its_own_deadline(echoing: StandIn) -> None:
    hold = threading.Event()
    echoing.answers[INFER] = lambda *_: hold.wait()
    with connect(echoing.url, model="tag-words") as client, pytest.raises(DeadlineExceeded, match=r"0\.05 s"):
        client.predict({"x": np.zeros(1)}, timeout_s=0.05)
    hold.set()


@pytest.mark.parametrize("answer", [b"not JSON", b"[]", b'{"outputs": [{}]}', b'{"outputs": [{"name": "x"}]}'])
def test_an_answer_that_cannot_be_read_is_the_servers_fault(server: StandIn, answer: bytes) -> None:
    server.answers[INFER] = lambda handler, _: handler.answer(200, answer)
    with connect(server.url, model="tag-words") as client, pytest.raises(Internal, match="cannot be read"):
        client.predict({"x": np.zeros(1)})


@pytest.mark.parametrize("answer", [b"<html>", b"[]"])
def test_metadata_that_is_no_json_object_is_the_servers_fault(server: StandIn, answer: bytes) -> None:
    server.otherwise = lambda handler, _: handler.answer(200, answer)
    with connect(server.url) as client, pytest.raises(Internal, match="answered no JSON object"):
        client.models()


def test_no_server_is_unavailable(nobody: str) -> None:
    with connect(nobody, retries=0) as client, pytest.raises(Unavailable, match="no server answers"):
        client.predict({"x": np.zeros(1)})


def test_threads_share_a_client(client: Client) -> None:
    def ask(number: int) -> bool:
        return bool((client.predict({"x": np.full((1, 100), number)})["x"] == number).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(64)))
