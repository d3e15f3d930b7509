"""A pipeline over HTTP and gRPC, on one port."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import httpx
import numpy as np
import pytest

import serving_kit
from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.pipeline.config import PipelineConfig
from serving_kit.pipeline.ends import RequestOp, ResponseOp
from serving_kit.pipeline.model import PipelineModel
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.serve.pipeline_lanes import pipeline_lanes
from serving_kit.serve.server import PortServer, bind_all
from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.http.pipeline import TYPED

PATH = "/baidu.paddle_serving.pipeline_serving.PipelineService/inference"
KEY = "one-key-of-the-test"


class Doubling(Op):
    """Doubles the numbers under `x`, text such as `1,2` or an array; refuses `13` with a number of its own."""

    def preprocess(self, input_dicts: Any, data_id: int = 0, log_id: int = 0) -> Any:
        (values,) = input_dicts.values()
        x = values["x"]
        if isinstance(x, str) and x == "13":
            return {}, True, 77, "no thirteens"
        numbers = np.array(x.split(","), np.float32)[np.newaxis] if isinstance(x, str) else x
        return {"y": numbers * 2, "<said>": np.array([log_id])}, True, None, ""


@contextmanager
def serving(name: str = "twice", keys: ApiKeys | None = None) -> Iterator[str]:
    """Serve the pipeline in this process; its address."""
    response = ResponseOp(input_ops=[Doubling("double", input_ops=[RequestOp()])])
    pipeline = Pipeline(name, response, PipelineConfig.of({"rpc_port": 9999}), lambda *_: None)
    service = Service([PipelineModel(pipeline, name=name or "pipeline")])
    lanes = pipeline_lanes(pipeline, service, max_body_bytes=20_000, keys=keys)
    server = PortServer(service, lanes, bind_all("127.0.0.1", {"": 0}), around=pipeline)
    ready = threading.Event()
    thread = threading.Thread(target=server.run, args=(ready.set,))
    thread.start()
    assert ready.wait(20)
    try:
        yield f"127.0.0.1:{server.port}"
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as at:
        yield at


def post(address: str, content: object, path: str = "/twice/prediction", **headers: str) -> httpx.Response:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return httpx.post(f"http://{address}{path}", content=body, headers=headers)


def ask(address: str, request: pb.Request, timeout_s: float = 10) -> pb.Response:
    with grpc.insecure_channel(address) as channel:
        method = channel.unary_unary(PATH, pb.Request.SerializeToString, pb.Response.FromString)
        answer: pb.Response = method(request, timeout=timeout_s)
        return answer


def test_the_answer_is_the_gateways_byte_for_byte(address: str) -> None:
    answer = post(address, {"key": ["x"], "value": ["1,2.5"], "logid": 7})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == (
        b'{"err_no":0,"err_msg":"","key":["y","\\u003csaid\\u003e"],'
        b'"value":["array([[2., 5.]], dtype=float32)","array([7])"],"tensors":[]}'
    )


def test_grpc_gives_the_same(address: str) -> None:
    answer = ask(address, pb.Request(key=["x"], value=["1,2.5"], logid=7))
    assert dict(zip(answer.key, answer.value, strict=True)) == {
        "y": "array([[2., 5.]], dtype=float32)",
        "<said>": "array([7])",
    }


@pytest.mark.parametrize("method", ["prediction", "inference", "anything"])
def test_any_method_is_taken(address: str, method: str) -> None:
    assert post(address, {"key": ["x"], "value": ["1"]}, f"/twice/{method}").json()["err_no"] == 0


def test_another_name_is_told_by_its_number(address: str) -> None:
    answer = post(address, {"key": ["x"], "value": ["1"]}, "/thrice/prediction")
    assert (answer.status_code, answer.json()["err_no"]) == (200, 3002)
    assert answer.json()["err_msg"] == "Failed to inference: Service name error."
    assert ask(address, pb.Request(name="thrice")).err_no == 3002


def test_a_pipeline_without_a_name_answers_to_any() -> None:
    with serving("") as at:
        assert post(at, {"key": ["x"], "value": ["1"]}, "/whatever/prediction").json()["err_no"] == 0
        assert httpx.get(f"http://{at}/v2/models/pipeline").json()["name"] == "pipeline"


def test_typed_values_for_who_wants_them(address: str) -> None:
    answer = post(address, {"key": ["x"], "value": ["1,2.5"]}, Accept=TYPED)
    assert answer.json() == {"values": {"y": [[2.0, 5.0]], "<said>": [0]}}


def test_a_products_error_has_its_number_and_a_status_where_values_are_typed(address: str) -> None:
    asked = {"key": ["x"], "value": ["13"]}
    old = post(address, asked)
    assert (old.status_code, old.json()["err_no"], old.json()["err_msg"]) == (200, 77, "no thirteens")
    typed = post(address, asked, Accept=TYPED)
    assert (typed.status_code, typed.json()) == (400, {"error": "no thirteens", "err_no": 77})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, 3),
        (b"[1]", 400, 3),
        (b'{"key": 3}', 400, 3),
        (b'{"key": ["x"], "value": [{}]}', 400, 3),
        (b'{"key": ["' + b"x" * 30_000 + b'"]}', 413, 8),
    ],
)
def test_what_is_no_request_is_refused_as_the_gateway_does(address: str, body: bytes, status: int, code: int) -> None:
    answer = post(address, body)
    assert answer.status_code == status
    told = answer.json()
    assert told["code"] == code
    assert told["error"] == told["message"]
    assert told["details"] == []


@pytest.mark.parametrize(
    ("fields", "err_no"),
    [
        ({"key": ["x"], "value": []}, 5000),
        ({"key": ["z"], "value": ["1"]}, 10000),
        ({"tensors": [{"name": "x", "elem_type": 13, "byte_data": "bm8gYXJyYXk="}]}, 5000),
        ({"tensors": [{"name": "x", "elem_type": 1, "float_data": [1.0], "shape": [3]}]}, 5000),
    ],
)
def test_what_an_op_cannot_read_has_its_number_on_both_protocols(
    address: str, fields: dict[str, Any], err_no: int
) -> None:
    from google.protobuf.json_format import ParseDict

    answer = post(address, fields)
    assert (answer.status_code, answer.json()["err_no"]) == (200, err_no)
    assert ask(address, ParseDict(fields, pb.Request())).err_no == err_no


@pytest.mark.parametrize(("verb", "path", "status"), [("GET", "/twice/prediction", 405), ("POST", "/twice", 404)])
def test_other_verbs_and_paths(address: str, verb: str, path: str, status: int) -> None:
    answer = httpx.request(verb, f"http://{address}{path}")
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "code", "message", "details"}


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_the_pipeline_is_one_model_of_the_open_inference_protocol(address: str, scheme: str) -> None:
    with serving_kit.connect(f"{scheme}://{address}", model="twice") as client:
        answer = client.predict({"x": np.array([[1, 2.5]], np.float32)})
        np.testing.assert_array_equal(answer["y"], np.array([[2, 5]], np.float32))
        texts = client.predict({"x": np.array(["1,2.5"], object)}, fetch=["y"])
        assert list(texts) == ["y"]
        with pytest.raises(serving_kit.errors.ServingKitError, match="no thirteens"):
            client.predict({"x": np.array(["13"], object)})
        with pytest.raises(serving_kit.errors.BadInput, match="output 'z' is unknown"):
            client.predict({"x": np.array(["1"], object)}, fetch=["z"])


def test_only_keys_are_let_in() -> None:
    with serving(keys=ApiKeys([KEY])) as at:
        refused = post(at, {"key": ["x"], "value": ["1"]})
        assert (refused.status_code, refused.json()["code"]) == (401, 16)
        assert post(at, {"key": ["x"], "value": ["1"]}, Authorization=f"Bearer {KEY}").json()["err_no"] == 0
        with pytest.raises(grpc.RpcError) as error:
            ask(at, pb.Request(key=["x"], value=["1"]))
        assert error.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_what_is_no_message_is_refused_over_grpc(address: str) -> None:
    with grpc.insecure_channel(address) as channel:
        method = channel.unary_unary(PATH)
        with pytest.raises(grpc.RpcError) as error:
            method(b"\xff\xff", timeout=10)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_typed_values_come_with_the_requests_timeline(address: str) -> None:
    asked = {"key": ["x", "pipeline.profile"], "value": ["1", "chrome"]}
    values = post(address, asked, Accept=TYPED).json()["values"]
    assert values["y"] == [[2.0]]
    assert any("double" in str(event) for event in json.loads(values["pipeline.profile"])["traceEvents"])


def test_weights_stay_where_nobody_may_change_them(address: str) -> None:
    answer = httpx.put(f"http://{address}/pipeline/variants/double", json={"a": 1})
    assert (answer.status_code, "--control" in answer.json()["error"]) == (400, True)
