import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import httpx
import numpy as np
import orjson
import pytest

from serving_kit.transports.http.general_model import FULL_SERVICE
from serving_kit.types import Tensor
from tests.unit.served import EchoEngine, FailingEngine, GatedEngine, serve
from tests.unit.transports.asking import LIMIT_BYTES, ROW, Asked

PATH = "/GeneralModelService/inference"


def question(rows: int = 1, **fields: object) -> bytes:
    tensor = {"float_data": ROW * rows, "elem_type": 1, "name": "x", "alias_name": "x", "shape": [rows, 13], **fields}
    return orjson.dumps({"tensor": [tensor], "fetch_var_names": ["price"], "log_id": 0})


def test_the_answer_is_the_one_bRPC_gives() -> None:  # noqa: N802
    answer = Asked().post(PATH, question())
    assert answer.status_code == 200
    assert answer.content.startswith(
        b'{"outputs":[{"tensor":[{"float_data":[6.5],"elem_type":1,"shape":[1,1],"name":"fc_0.tmp_1",'
        b'"alias_name":"price"}],"engine_name":"GeneralInferOp_0"}],"profile_time":['
    )
    assert len(answer.json()["profile_time"]) == 2
    assert list(answer.headers) == ["content-length"]


@pytest.mark.parametrize(
    "path", [f"{PATH}/", f"{PATH}/more/of/it", f"/{FULL_SERVICE}/inference", "/GeneralModelService/debug"]
)
def test_these_paths_lead_there_too(path: str) -> None:
    assert Asked().post(path, question()).status_code == 200


def test_put_leads_there_too() -> None:
    assert asyncio.run(Asked().send("PUT", PATH, content=question())).status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/whatever"])
def test_any_content_type_is_json_and_comes_back(content_type: str) -> None:
    answer = Asked().post(PATH, question(), {"content-type": content_type})
    assert answer.headers["content-type"] == content_type
    assert answer.json()["outputs"]


def test_requests_may_be_compressed() -> None:
    asked = Asked()
    assert asked.post(PATH, gzip.compress(question()), {"content-encoding": "gzip"}).status_code == 200
    assert asked.post(PATH, zlib.compress(question()), {"content-encoding": "deflate"}).status_code == 200


@pytest.mark.parametrize(("rows", "is_compressed"), [(1, False), (200, True)])
def test_answers_are_compressed_from_512_bytes_on_demand(rows: int, is_compressed: bool) -> None:
    asked = Asked()
    plain = asked.post(PATH, question(rows))
    answer = asked.post(PATH, question(rows), {"accept-encoding": "gzip, deflate"})
    assert (len(plain.content) >= 512, "content-encoding" in plain.headers) == (is_compressed, False)
    assert ("content-encoding" in answer.headers) is is_compressed
    assert answer.json()["outputs"] == plain.json()["outputs"]


def test_sequences_keep_their_offsets() -> None:
    words = {"int64_data": [1, 2, 3], "shape": [3, 1], "name": "words", "lod": [0, 1, 3]}
    answer = Asked(serve(EchoEngine(), "lac")).post(PATH, orjson.dumps({"tensor": [words]}))
    (tensor,) = answer.json()["outputs"][0]["tensor"]
    assert tensor == {
        "int64_data": [1, 2, 3],
        "shape": [3, 1],
        "lod": [0, 1, 3],
        "name": "crf.tmp_0",
        "alias_name": "tags",
    }


BAD = {
    "not JSON": (b"{nothing", "Invalid json format: the body is not JSON"),
    "not an object": (b"[1]", "must be a JSON object, not an array"),
    "too deep": (b"[" * 2000, "deeper than 1024"),
    "no tensor": (b"{}", "input 'features' is missing"),
    "an empty body": (b"", "input 'features' is missing"),
    "an empty tensor": (question(shape=[0, 13], float_data=[]), "input 'features' is empty"),
    "another name": (question(name="y", alias_name="z"), "input 'y' is unknown"),
    "shape against data": (question(shape=[1, 12]), "tensor 'x': shape [1, 12] needs 12 values, but the data holds 13"),
    "shape against model": (question(shape=[13, 1]), "input 'features' must have shape [-1, 13]"),
    "wrong type": (
        question(elem_type=0, int64_data=[1] * 13, float_data=[]),
        "input 'features' must be FP32, got INT64",
    ),
    "a scalar for an array": (question(float_data=1.0), "tensor 'x': float_data must be an array"),
    "text for a number": (question(float_data=["a"]), "tensor 'x', field float_data: value 0 must be a number"),
    "NaN": (question(float_data=["NaN", *ROW[1:]]), "input 'features' holds NaN or infinity"),
    "unknown output": (question().replace(b'"price"', b'"cost"'), "output 'cost' is unknown"),
}


@pytest.mark.parametrize(("body", "said"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_the_server_serves_on(body: bytes, said: str) -> None:
    asked = Asked()
    answer = asked.post(PATH, body)
    assert (answer.status_code, answer.headers["x-bd-error-code"]) == (400, "1003")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("[10.0.0.7:9393][E1003]")
    assert said in answer.text
    assert "\n" not in answer.text
    assert asked.post(PATH, question()).status_code == 200


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"content-encoding": "br"}, "content-encoding 'br' is not read here; use gzip, deflate or none"),
        ({"content-encoding": "gzip"}, "the body is not compressed as it says"),
        ({"content-type": "application/proto"}, "Fail to parse request message, request_size="),
    ],
)
def test_encodings_that_are_not_read_are_refused(headers: dict[str, str], said: str) -> None:
    answer = Asked().post(PATH, question(), headers)
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize(
    ("cut", "added", "said"), [(-4, b"", "ends too early"), (None, b"more", "goes on after the end")]
)
def test_broken_compression_is_refused(cut: int | None, added: bytes, said: str) -> None:
    answer = Asked().post(PATH, gzip.compress(question())[:cut] + added, {"content-encoding": "gzip"})
    assert (answer.status_code, said in answer.text) == (400, True)


async def drip(sent: list[int]) -> AsyncIterator[bytes]:
    for _ in range(1000):
        sent.append(1000)
        yield b" " * 1000


@pytest.mark.parametrize("way", ["announced", "streamed", "compressed"])
def test_a_body_over_the_limit_is_413_naming_it(way: str) -> None:
    asked, sent = Asked(), []
    body = {
        "announced": b" " * (LIMIT_BYTES + 1),
        "streamed": drip(sent),
        "compressed": gzip.compress(b" " * 1_000_000),
    }[way]
    answer = asked.post(PATH, body, {"content-encoding": "gzip"} if way == "compressed" else None)
    assert answer.status_code == 413
    assert f"larger than this server's limit of {LIMIT_BYTES} bytes" in answer.text
    assert sum(sent) <= LIMIT_BYTES + 1000
    assert asked.post(PATH, question()).status_code == 200


def test_a_body_of_just_the_limit_is_read() -> None:
    asked, body = Asked(), question()
    full = body + b" " * (LIMIT_BYTES - len(body))
    assert asked.post(PATH, full).status_code == 200
    assert asked.post(PATH, gzip.compress(full), {"content-encoding": "gzip"}).status_code == 200


@pytest.mark.parametrize("path", ["/GeneralModelService/nope", "/generalmodelservice/inference", "/nothing"])
def test_unknown_methods_are_404(path: str) -> None:
    answer = Asked().post(path, question())
    assert (answer.status_code, answer.headers["x-bd-error-code"]) == (404, "1002")
    assert f"[E1002]Fail to find method on `{path}'" in answer.text


def test_get_is_no_way_to_ask() -> None:
    answer = Asked().get(PATH)
    assert (answer.status_code, answer.headers["allow"], "try POST" in answer.text) == (405, "POST", True)


def test_a_failing_engine_is_500_and_the_server_serves_on() -> None:
    asked = Asked(serve(FailingEngine()))
    for _ in range(2):
        answer = asked.post(PATH, question())
        assert (answer.status_code, answer.headers["x-bd-error-code"]) == (500, "-5100")
        assert "[E-5100]InferService inference failed! " in answer.text
        assert "axis out of range" in answer.text


def test_a_full_queue_is_503_here() -> None:
    engine = GatedEngine()
    model = serve(engine, queue_limit=1)
    asked = Asked(model)

    async def crowd() -> httpx.Response:
        running = model.executor.submit({"x": Tensor(np.ones((1, 13), np.float32))})
        answer = await asked.send("POST", PATH, content=question())
        engine.gate.set()
        assert await running
        return answer

    answer = asyncio.run(crowd())
    assert (answer.status_code, answer.headers["x-bd-error-code"], answer.headers["retry-after"]) == (503, "2004", "1")
