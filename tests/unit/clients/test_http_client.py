import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from grpc import StatusCode

from serving_kit.clients import HttpClient
from serving_kit.codecs import general_json, general_message, prototxt
from serving_kit.codecs.general_model_service_pb2 import ModelOutput, Request, Response, Tensor
from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.types import ElementType, TensorSpec
from tests.unit.clients import grpc_stand_in
from tests.unit.clients.stand_in import Asked, Handler, StandIn

PATH = "/GeneralModelService/inference"
ANSWER = {"outputs": [{"tensor": [{"float_data": [18.9], "elem_type": 1, "alias_name": "price"}]}]}
MESSAGE = Response(outputs=[ModelOutput(tensor=[Tensor(float_data=[18.9], elem_type=1, alias_name="price")])])
X = TensorSpec("x", "features", ElementType.FP32, (-1, 13))
PRICE = TensorSpec("fc_0.tmp_1", "price", ElementType.FP32, (-1, 1))
WORDS = TensorSpec("words", "words", ElementType.INT64, (-1,), is_lod=True)


def say_price(handler: Handler, _: Asked) -> None:
    handler.answer(200, json.dumps(ANSWER).encode())


@pytest.fixture
def client(server: StandIn, tmp_path: Path) -> Iterator[HttpClient]:
    server.answers[PATH] = say_price
    prototxt.write(tmp_path, prototxt.CLIENT_CONF, [X], [PRICE])
    client = HttpClient()
    client.load_client_config(str(tmp_path))
    client.set_http_proto(False)
    client.connect([server.url])
    yield client
    client.close()


def sent(server: StandIn) -> dict[str, object]:
    document = json.loads(server.asked[-1].body)
    assert isinstance(document, dict)
    return document


def test_an_array_is_sent_as_paddle_serving_sent_it_and_the_answer_is_a_dict(
    client: HttpClient, server: StandIn
) -> None:
    row = np.linspace(0, 1, 13, dtype=np.float32)
    assert client.predict(feed={"features": row}, fetch=["price"], log_id=7) == ANSWER
    assert sent(server) == {
        "fetch_var_names": ["price"],
        "log_id": 7,
        "tensor": [
            {
                "float_data": row.tolist(),
                "shape": [1, 13],
                "elem_type": 1,
                "name": "x",
                "alias_name": "features",
            }
        ],
    }
    assert server.asked[-1].headers["content-type"] == "application/json"


@pytest.mark.parametrize("feed", [[{"features": [1.0] * 13}], [1.0] * 13, {"features": tuple([1.0] * 13)}])
def test_a_feed_may_be_a_dict_a_list_of_one_or_the_only_inputs_value(
    client: HttpClient, server: StandIn, feed: object
) -> None:
    assert client.predict(feed=feed, fetch="price") == ANSWER
    assert sent(server)["tensor"] == [
        {"float_data": [1.0] * 13, "shape": [1, 13], "elem_type": 1, "name": "x", "alias_name": "features"}
    ]


@pytest.mark.parametrize(("fetch", "names"), [(None, []), ("price", ["price"]), (["price", "prize"], ["price"])])
def test_outputs_the_model_does_not_have_are_left_out(
    client: HttpClient, server: StandIn, fetch: object, names: list[str]
) -> None:
    assert client.predict(feed=[1.0] * 13, fetch=fetch) == ANSWER
    assert sent(server)["fetch_var_names"] == names


def test_feeds_come_from_the_first_configuration_and_fetches_from_the_last(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = prototxt.write(tmp_path / "a", prototxt.CLIENT_CONF, [X], [PRICE])
    prototxt.write(tmp_path / "b", prototxt.CLIENT_CONF, [WORDS], [X])
    client = HttpClient()
    client.load_client_config([str(first), str(tmp_path / "b")])
    assert client.get_feed_names() == ["features"]
    assert client.get_fetch_names() == ["features"]


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"serving_client_conf\.prototxt"):
        HttpClient().load_client_config(str(tmp_path))


@pytest.mark.parametrize(("values", "is_compressed"), [(128, False), (129, True)])
def test_requests_are_compressed_past_512_bytes_of_data(
    client: HttpClient, server: StandIn, values: int, is_compressed: bool
) -> None:
    client.set_request_compress(True)
    for _ in range(2):  # the count starts anew with each call
        assert client.predict(feed={"features": np.ones((1, values), np.float32)}, batch=True) == ANSWER
        assert (server.asked[-1].headers.get("content-encoding") == "gzip") is is_compressed
        assert sent(server)["tensor"][0]["shape"] == [1, values]


def test_compressed_answers_are_asked_for_and_read(client: HttpClient, server: StandIn) -> None:
    compressed = gzip.compress(json.dumps(ANSWER).encode())
    server.answers[PATH] = lambda handler, _: handler.answer(200, compressed, Content_Encoding="gzip")
    client.set_response_compress(True)
    assert client.predict(feed=[1.0] * 13) == ANSWER
    assert server.asked[-1].headers["accept-encoding"] == "gzip"


def test_answers_are_plain_unless_compression_is_asked_for(client: HttpClient, server: StandIn) -> None:
    client.predict(feed=[1.0] * 13)
    assert server.asked[-1].headers["accept-encoding"] == "identity"


def test_headers_and_the_service_name_are_the_callers(client: HttpClient, server: StandIn) -> None:
    server.answers["/other"] = say_price
    client.add_http_headers({"X-Team": "ocr"})
    client.set_service_name("/other")
    assert client.predict(feed=[1.0] * 13) == ANSWER
    assert server.asked[-1].headers["x-team"] == "ocr"


def test_a_feed_of_the_wrong_name_is_a_value_error(client: HttpClient) -> None:
    with pytest.raises(ValueError, match=r"Wrong feed name: y\. The model's feeds are \['features'\]"):
        client.predict(feed={"y": [1.0]}, fetch=["price"])


@pytest.mark.parametrize(
    ("feed", "fetch"), [(None, None), ({"features": [1.0]}, 3), (7, None), ({"features": "text"}, None)]
)
def test_arguments_of_the_wrong_kind_are_value_errors(client: HttpClient, feed: object, fetch: object) -> None:
    with pytest.raises(ValueError):
        client.predict(feed=feed, fetch=fetch)


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_refusal_is_printed_and_none(
    client: HttpClient, server: StandIn, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers[PATH] = lambda handler, _: handler.answer(status, b"[E1003]bad shape", "text/plain")
    assert client.predict(feed=[1.0] * 13) is None
    assert capsys.readouterr().out == "http post error: [E1003]bad shape\n"


@pytest.mark.parametrize("body", [b"no JSON", b"[1]"])
def test_an_answer_that_is_no_object_is_printed_and_none(
    client: HttpClient, server: StandIn, body: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers[PATH] = lambda handler, _: handler.answer(200, body)
    assert client.predict(feed=[1.0] * 13) is None
    assert capsys.readouterr().out.startswith("http post error: ")


def test_no_server_is_printed_and_none(client: HttpClient, nobody: str, capsys: pytest.CaptureFixture[str]) -> None:
    client.connect(nobody)
    assert client.predict(feed=[1.0] * 13) is None
    assert f"no server answers at {nobody}" in capsys.readouterr().out


def test_timeouts_and_retries_take_effect(
    client: HttpClient, server: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    client.set_max_retries(1)
    server.answers[PATH] = lambda handler, _: (
        handler.answer(503, b"{}") if len(server.asked) == 1 else say_price(handler, _)
    )
    assert client.predict(feed=[1.0] * 13) == ANSWER
    client.set_timeout_ms(50)
    server.answers[PATH] = lambda handler, _: handler.rfile.read(1)
    assert client.predict(feed=[1.0] * 13) is None
    assert "within 0.05 s" in capsys.readouterr().out


@pytest.mark.parametrize("url", ["localhost:9393", "127.0.0.1", "1.2.3:80", "127.0.0.1:http", "127.0.0.1:1:2"])
def test_only_dotted_addresses_with_a_port_are_taken(url: str) -> None:
    with pytest.raises(ValueError, match="url not right"):
        HttpClient().connect(url)


def test_only_one_endpoint_is_taken() -> None:
    with pytest.raises(ValueError, match="only support 1 endpoint"):
        HttpClient().connect(["127.0.0.1:1", "127.0.0.1:2"])


def test_https_addresses_are_taken() -> None:
    client = HttpClient(port="1")
    client.connect("https://10.0.0.1:443")
    assert (client.ip, client.port) == ("10.0.0.1", "443")


@pytest.mark.parametrize("setting", ["set_timeout_ms", "set_max_retries"])
def test_numbers_must_be_whole(setting: str) -> None:
    with pytest.raises(ValueError, match="must be int type"):
        getattr(HttpClient(), setting)(1.5)


def test_headers_that_are_no_dict_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    HttpClient().add_http_headers(["X: 1"])
    assert capsys.readouterr().out == "headers must be a dict\n"


def test_encryption_is_refused_in_one_sentence(client: HttpClient) -> None:
    with pytest.raises(Unsupported, match="encrypted"):
        client.connect("127.0.0.1:1", encryption=True)


def test_bodies_are_protobuf_unless_json_is_asked_for(
    client: HttpClient, server: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    client.set_http_proto(True)
    answer = MESSAGE.SerializeToString()
    server.answers[PATH] = lambda handler, _: handler.answer(200, answer, "application/proto")
    row = np.linspace(0, 1, 13, dtype=np.float32)
    assert client.predict(feed={"features": row}, fetch=["price"], log_id=7) == MESSAGE
    assert server.asked[-1].headers["content-type"] == "application/proto"
    assert Request.FromString(server.asked[-1].body) == Request(
        tensor=[Tensor(float_data=row.tolist(), shape=[1, 13], elem_type=1, name="x", alias_name="features")],
        fetch_var_names=["price"],
        log_id=7,
    )
    client.set_request_compress(True)
    assert client.predict(feed={"features": np.zeros((20, 13))}, batch=True) == MESSAGE
    assert server.asked[-1].headers["content-encoding"] == "gzip"
    assert Request.FromString(server.asked[-1].body).tensor[0].shape == [20, 13]
    answer = b"\xff"
    assert client.predict(feed=[1.0] * 13) is None
    assert "sent 1 bytes that are no Response" in capsys.readouterr().out


def test_an_answer_in_json_to_a_protobuf_request_is_a_dict(client: HttpClient) -> None:
    client.set_http_proto(True)
    assert client.predict(feed=[1.0] * 13) == ANSWER


def test_every_element_type_is_carried_in_either_form(server: StandIn, tmp_path: Path) -> None:
    server.answers[PATH] = say_price
    client = HttpClient()
    client.connect(server.url)
    for element_type in ElementType:
        spec = TensorSpec("v", "v", element_type, (-1,))
        prototxt.write(tmp_path, prototxt.CLIENT_CONF, [spec], [spec])
        client.load_client_config(str(tmp_path))
        array = np.asarray(["你好"], object) if element_type is ElementType.STRING else np.ones(2, element_type.dtype)
        decoded = []
        for is_proto, decode in ((True, general_message.decode_request), (False, general_json.decode_request)):
            client.set_http_proto(is_proto)
            assert client.predict(feed={"v": array}, batch=True) == ANSWER
            decoded.append(decode(server.asked[-1].body).tensors[0])
        assert [named.element_type for named in decoded] == [element_type] * 2
        assert decoded[0].tensor.array.tolist() == decoded[1].tensor.array.tolist()
    client.close()


def test_grpc_answers_with_the_message_and_is_closed_with_the_client(client: HttpClient) -> None:
    client.set_use_grpc_client(True)
    with grpc_stand_in.serving() as grpc:
        grpc.answers["inference"] = lambda *_: MESSAGE.SerializeToString()
        client.connect(f"127.0.0.1:{grpc.port}")
        assert client.predict(feed={"features": [1.0] * 13}, fetch="price", log_id=7) == MESSAGE
        ((path, body),) = grpc.asked
        client.close()
    assert path == "/baidu.paddle_serving.predictor.general_model.GeneralModelService/inference"
    request = Request.FromString(body)
    assert (request.log_id, request.fetch_var_names, request.tensor[0].shape) == (7, ["price"], [1, 13])


def test_what_goes_wrong_over_grpc_is_printed_and_none(
    client: HttpClient, nowhere: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client.set_use_grpc_client(True)
    client.connect(nowhere)
    assert client.predict(feed=[1.0] * 13) is None
    assert f"grpc error: no server answers at {nowhere}" in capsys.readouterr().out
    with grpc_stand_in.serving() as grpc:
        client.connect(f"127.0.0.1:{grpc.port}")
        grpc.answers["inference"] = grpc_stand_in.refuse(StatusCode.INVALID_ARGUMENT, "input 'x' is upside down")
        assert client.predict(feed=[1.0] * 13) is None
        assert capsys.readouterr().out == "grpc error: input 'x' is upside down\n"
        grpc.answers["inference"] = lambda *_: Response(err_msg="long" * 100).SerializeToString()
        client.set_max_body_size(200)
        assert client.predict(feed=[1.0] * 13) is None
        assert "larger than max (403 vs. 200)" in capsys.readouterr().out
    with pytest.raises(ValueError, match="You should specify feed"):
        client.predict()
    client.close()
