"""Protobuf over HTTP, and what answers that clients of every kind can read."""

import gzip

import numpy as np
import orjson
import pytest

from serving_kit.codecs.general_message import decode_response, encode_request
from serving_kit.service.service import Service
from serving_kit.service.workflow import Workflow
from serving_kit.transports.http.models import models_app
from serving_kit.types import ElementType, InferRequest, NamedTensor, Tensor
from tests.unit.served import LinearEngine, serve
from tests.unit.transports.asking import ROW, Asked
from tests.unit.transports.brpc import request_body

PATH = "/GeneralModelService/inference"
PROTO = {"content-type": "application/proto"}


@pytest.mark.parametrize("content_type", ["application/proto", "application/x-protobuf; v=1"])
def test_protobuf_is_answered_in_protobuf_under_the_same_content_type(content_type: str) -> None:
    answer = Asked().post(PATH, request_body(0.5, log_id=7), {"content-type": content_type})
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    response = decode_response(answer.content)
    assert (response.outputs[0].tensors[0].tensor.array.tolist(), response.log_id) == ([[6.5]], 7)


def test_protobuf_may_be_compressed_both_ways() -> None:
    body = request_body(0.5, rows=200)
    asked = Asked()
    answer = asked.post(PATH, gzip.compress(body), PROTO | {"content-encoding": "gzip", "accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert decode_response(answer.content).outputs[0].tensors[0].tensor.array.shape == (200, 1)


@pytest.mark.parametrize(("accept", "decode"), [("application/json", orjson.loads), ("application/proto", None)])
def test_a_failure_has_a_number_for_who_accepts_it(accept: str, decode: object) -> None:
    answer = Asked().post(PATH, b"\xff\xff\xff", PROTO | {"accept": f"{accept}, */*"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, accept)
    assert answer.headers["x-bd-error-code"] == "1003"
    text = "Fail to parse request message, request_size=3"
    if decode:
        assert orjson.loads(answer.content) == {"err_no": 1003, "err_msg": text}
    else:
        told = decode_response(answer.content)
        assert (told.err_no, told.err_msg) == (1003, text)


def test_one_instance_may_lack_its_batch_axis() -> None:
    """As Java's client sends a flat array, and the native one its raw tensors."""
    x = NamedTensor("x", Tensor(np.float32(ROW)), "", ElementType.FP32)
    answer = Asked().post(PATH, encode_request(InferRequest((x,))), PROTO)
    assert decode_response(answer.content).outputs[0].tensors[0].tensor.array.tolist() == [[6.5]]


def test_several_models_answer_with_one_output_each() -> None:
    asked = Asked()
    names = ["uci", "twin"]
    models = [serve(LinearEngine(), name) for name in names]
    asked.app = models_app(Service(models, workflow=Workflow.parallel(names)))
    outputs = decode_response(asked.post(PATH, request_body(1), PROTO).content).outputs
    assert [output.engine_name for output in outputs] == ["GeneralInferOp_0", "GeneralInferOp_1"]
    assert [output.tensors[0].tensor.array.item() for output in outputs] == [13, 13]


def test_the_log_id_comes_back_in_json_too() -> None:
    x = {"float_data": ROW, "elem_type": 1, "shape": [1, 13]}
    answer = Asked().post(PATH, orjson.dumps({"tensor": [x], "log_id": 7}))
    assert answer.json()["log_id"] == 7
