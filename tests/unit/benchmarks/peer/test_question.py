import httpx
import numpy as np
import orjson
import pytest

from benchmarks.peer.question import Question, open_inference_binary, open_inference_json, plain_json, raw
from tests.unit.benchmarks.peer.made import MADE

BINARY_HEADER = b'{"outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"parameters":{"binary_data_size":4}}]}'
PRICE = np.array([3.5], "<f4").tobytes()


def test_plain_json_has_rows() -> None:
    question = plain_json("/json", MADE)
    assert orjson.loads(question.body) == {"x": [[1.5, 2.0]]}
    assert question.read(httpx.Response(200, content=b'{"y":[[3.5]]}')).tolist() == [[3.5]]


def test_raw_has_the_numbers_bytes_and_nothing_else() -> None:
    question = raw("/binary", MADE)
    assert np.frombuffer(question.body, "<f4").tolist() == [1.5, 2.0]
    assert question.read(httpx.Response(200, content=PRICE)).tolist() == [3.5]


@pytest.mark.parametrize("made", [open_inference_json, open_inference_binary])
def test_open_inference_is_read_in_both_forms(made: object) -> None:
    question: Question = made("/infer", MADE)
    json = b'{"outputs":[{"name":"y","datatype":"FP32","shape":[1,1],"data":[3.5]}]}'
    assert question.read(httpx.Response(200, content=json)).tolist() == [[3.5]]
    length = {"Inference-Header-Content-Length": str(len(BINARY_HEADER))}
    assert question.read(httpx.Response(200, content=BINARY_HEADER + PRICE, headers=length)).tolist() == [[3.5]]


def test_open_inference_says_how_long_its_header_is() -> None:
    question = open_inference_binary("/infer", MADE)
    header = orjson.loads(question.body[: int(question.headers["Inference-Header-Content-Length"])])
    assert header["inputs"][0] == {
        "name": "x",
        "shape": [1, 2],
        "datatype": "FP32",
        "parameters": {"binary_data_size": 8},
    }
