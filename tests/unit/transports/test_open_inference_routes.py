import asyncio

import httpx
import numpy as np
import orjson
import pytest

from serving_kit import __version__
from serving_kit.codecs.open_inference import decode_response
from serving_kit.codecs.open_inference_writing import encode_request
from serving_kit.types import Tensor
from tests.unit.served import EchoEngine, FailingEngine, GatedEngine, LinearEngine, serve
from tests.unit.transports.asking import LIMIT_BYTES, ROW, Asked

INFER = "/v2/models/uci_housing/infer"


def question(**fields: object) -> bytes:
    x = {"name": "x", "shape": [1, 13], "datatype": "FP32", "data": ROW, **fields}
    return orjson.dumps({"id": "7", "inputs": [x]})


def test_the_server_and_its_models_are_described() -> None:
    asked = Asked(serve(LinearEngine()), serve(EchoEngine(), "lac"))
    assert asked.get("/v2").json() == {
        "name": "serving-kit",
        "version": __version__,
        "extensions": ["binary_tensor_data", "model_configuration", "statistics", "model_repository"],
    }
    assert asked.get("/v2/models").json() == {"models": ["uci_housing", "lac"]}
    model = asked.get("/v2/models/uci_housing").json()
    assert (model["name"], model["versions"], model["platform"]) == ("uci_housing", ["1"], "paddle 3.2.2")
    assert model["inputs"] == [
        {"name": "features", "datatype": "FP32", "shape": [-1, 13], "parameters": {"variable": "x", "lod": False}}
    ]
    assert model["outputs"][0]["name"] == "price"
    assert model["parameters"] == {"provenance": "registry", "engine_reason": "agrees", "threads": 1}


def test_health_is_json_and_a_draining_server_is_not_ready() -> None:
    asked = Asked()
    paths = ["/v2/health/ready", "/v2/models/uci_housing/ready", "/v2/models/uci_housing/versions/1/ready", "/ready"]
    assert [asked.get(path).status_code for path in paths] == [200] * 4
    assert asked.get("/v2/health/ready").json() == {"ready": True}
    asked.service.is_ready = False
    assert [asked.get(path).status_code for path in paths] == [503] * 4
    assert asked.get("/v2/health/ready").json() == {"ready": False}
    assert asked.get("/v2/health/live").json() == {"live": True}


def test_json_is_answered_in_json() -> None:
    answer = Asked().post(INFER, question())  # without a Content-Type, as Triton's client sends it
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == (
        b'{"model_name":"uci_housing","model_version":"1","id":"7","outputs":[{"name":"price","shape":[1,1],'
        b'"datatype":"FP32","data":[6.5]}]}'
    )
    assert Asked().post("/v2/models/uci_housing/versions/1/infer", question()).status_code == 200


def test_binary_tensors_and_offsets_go_both_ways() -> None:
    body, length = encode_request({"words": Tensor(np.int64([[1], [2], [3]]), (0, 1, 3))}, ["crf.tmp_0"])
    headers = {"inference-header-content-length": str(length), "content-type": "application/octet-stream"}
    answer = Asked(serve(EchoEngine(), "lac")).post("/v2/models/lac/infer", body, headers)
    assert answer.headers["content-type"] == "application/octet-stream"
    outputs = decode_response(answer.content, int(answer.headers["inference-header-content-length"]))
    tags = outputs["crf.tmp_0"]  # by the name it was asked for
    assert (tags.tensor.array.tolist(), tags.tensor.lod) == ([[1], [2], [3]], (0, 1, 3))


BAD = {
    "not JSON": (b"{nothing", "not JSON"),
    "not an object": (b"[]", "must be a JSON object"),
    "too deep": (b'{"a":' * 2000, "deeper than 1024"),
    "missing": (b'{"inputs": []}', "input 'features' is missing"),
    "extra": (question(name="y"), "input 'y' is unknown"),
    "empty": (question(shape=[0, 13], data=[]), "input 'features' is empty"),
    "shape against data": (question(shape=[2, 13]), "input 'x': shape [2, 13] needs 26 values"),
    "shape against model": (question(shape=[13]), "input 'features' must have shape [-1, 13]"),
    "wrong type": (question(datatype="INT64", data=[1] * 13), "input 'features' must be FP32, got INT64"),
    "unknown type": (question(datatype="FP31"), "datatype 'FP31' is unknown"),
    "NaN": (question(data=["NaN"] * 13), "input 'features' holds NaN"),
    "shared memory": (
        question(parameters={"shared_memory_region": "a"}),
        "input 'x': parameter shared_memory_region is not taken; send the values",
    ),
    "classes": (
        question()[:-1] + b',"outputs":[{"name":"price","parameters":{"classification":2}}]}',
        "output 'price': parameter classification is not taken; ask for the values",
    ),
    "unknown output": (question()[:-1] + b',"outputs":[{"name":"cost"}]}', "output 'cost' is unknown"),
}


@pytest.mark.parametrize(("body", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_the_server_serves_on(body: bytes, said: str) -> None:
    asked = Asked()
    answer = asked.post(INFER, body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert asked.post(INFER, question()).status_code == 200


@pytest.mark.parametrize("length", ["x", "-1", "9" * 20, "0", "99999"])
def test_a_wrong_header_length_is_refused(length: str) -> None:
    answer = Asked().post(INFER, question(), {"inference-header-content-length": length})
    assert answer.status_code == 400
    assert "Inference-Header-Content-Length" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v2/models/uci/infer", "model 'uci' is not served here; this server has ['uci_housing']"),
        ("/v2/models/uci_housing/versions/2/infer", "has version 1 only, not '2'"),
        ("/v2/nothing", "Fail to find method on `/v2/nothing'"),
    ],
)
def test_what_is_not_there_is_404(path: str, said: str) -> None:
    answer = Asked().post(path, question())
    assert (answer.status_code, said in answer.json()["error"]) == (404, True)


def test_a_body_over_the_limit_is_413() -> None:
    answer = Asked().post(INFER, question() + b" " * LIMIT_BYTES)
    assert (answer.status_code, f"limit of {LIMIT_BYTES} bytes" in answer.json()["error"]) == (413, True)


def test_a_failing_engine_is_500() -> None:
    answer = Asked(serve(FailingEngine())).post(INFER, question())
    assert (answer.status_code, "axis out of range" in answer.json()["error"]) == (500, True)


def test_a_full_queue_is_429_and_a_deadline_504() -> None:
    engine = GatedEngine()
    model = serve(engine, queue_limit=2)
    asked = Asked(model)

    async def crowd() -> list[httpx.Response]:
        running = model.executor.submit({"x": Tensor(np.ones((1, 13), np.float32))})
        await asyncio.to_thread(engine.running.wait, 20)
        hurried = await asked.send("POST", INFER, content=question()[:-1] + b',"parameters":{"timeout":10000}}')
        waiting = model.executor.submit({"x": Tensor(np.ones((1, 13), np.float32))})
        refused = await asked.send("POST", INFER, content=question())
        engine.gate.set()
        assert await running and await waiting
        return [hurried, refused]

    hurried, refused = asyncio.run(crowd())
    assert (hurried.status_code, "no answer within 0.01 s" in hurried.json()["error"]) == (504, True)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")


def test_a_model_is_described_as_triton_describes_it() -> None:
    config = Asked().get("/v2/models/uci_housing/versions/1/config").json()
    assert config == {
        "name": "uci_housing",
        "platform": "paddle 3.2.2",
        "backend": "paddle",
        "max_batch_size": 1024,
        "input": [{"name": "features", "data_type": "TYPE_FP32", "dims": [13]}],
        "output": [{"name": "price", "data_type": "TYPE_FP32", "dims": [1]}],
    }
    packed = Asked(serve(EchoEngine(), "lac")).get("/v2/models/lac/config").json()
    assert (packed["max_batch_size"], packed["input"][0]["dims"]) == (0, [-1, 1])


def test_what_models_did_is_counted() -> None:
    asked = Asked()
    asked.post(INFER, question())
    asked.post(INFER, question(name="y"))
    (counted,) = asked.get("/v2/models/uci_housing/stats").json()["model_stats"]
    assert (counted["inference_count"], counted["inference_stats"]["fail"]["count"]) == (1, 1)
    assert asked.get("/v2/models/stats").json()["model_stats"] == [counted]


def test_models_are_listed_unloaded_and_loaded() -> None:
    asked = Asked()
    asked.service.repository._load = lambda name: serve(LinearEngine(), name)
    index, base = "/v2/repository/index", "/v2/repository/models/uci_housing"
    assert asked.post(f"{base}/unload", b"{}").json() == {}
    assert asked.post(INFER, question()).status_code == 404
    assert [model["state"] for model in asked.post(index, b"").json()] == ["UNAVAILABLE"]
    assert asked.post(index, b'{"ready": true}').json() == []
    assert asked.get("/v2/models/uci_housing/ready").status_code == 404
    assert asked.post(f"{base}/load", b'{"parameters": {}}').json() == {}
    assert asked.post(index, b"").json() == [{"name": "uci_housing", "version": "1", "state": "READY", "reason": ""}]
    assert asked.post(INFER, question()).status_code == 200


def test_a_load_takes_no_configuration_or_files_along() -> None:
    for parameter in ("config", "file:1/model.onnx"):
        body = orjson.dumps({"parameters": {parameter: "x"}})
        answer = Asked().post("/v2/repository/models/uci_housing/load", body)
        assert (answer.status_code, f"parameter {parameter!r} is not taken" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_answers_are_compressed_for_who_asks(encoding: str) -> None:
    rows = 200
    answer = Asked().post(INFER, question(shape=[rows, 13], data=ROW * rows), {"accept-encoding": encoding})
    assert answer.headers["content-encoding"] == encoding
    assert answer.json()["outputs"][0]["data"] == [6.5] * rows
    assert "content-encoding" not in Asked().post(INFER, question(), {"accept-encoding": encoding}).headers


def test_every_route_is_described() -> None:
    paths = Asked().get("/openapi.json").json()["paths"]
    assert {"/GeneralModelService/{method}", "/v2/models/{model}/infer", "/v2/repository/index", "/health"} <= set(
        paths
    )
