"""One table of what is wrong with requests, asked over both protocols of a server with a real model."""

import base64
import io
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import httpx
import numpy as np
import pytest
from google.protobuf.json_format import ParseDict

from serving_kit.codecs import pipeline_service_pb2 as pb
from tests.integration.pipeline.served import PATH, Served, served, values
from tests.linear import write_linear

pytestmark = pytest.mark.integration

ROW = ",".join(["0.5"] * 13)  # the model's sum of it is 6.5


def saved(array: np.ndarray) -> str:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return base64.b64encode(stream.getvalue()).decode()


class Told:
    """Would tell of its unpickling."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, ("unpickled", "w"))


def tensor(**fields: Any) -> dict[str, Any]:
    return {"tensors": [{"name": "x", "elem_type": 1, "shape": [1, 13], "float_data": [0.5] * 13} | fields]}


def stream(text: str) -> dict[str, Any]:
    return {"tensors": [{"name": "x", "elem_type": 13, "byte_data": text}]}


@dataclass(frozen=True)
class Row:
    """A request's members, and how it is refused."""

    what: str
    fields: dict[str, Any]
    err_no: int
    said: str


ROWS = [
    Row("another service", {"name": "other", "key": ["x"], "value": [ROW]}, 3002, "Service name error."),
    Row("no members", {}, 10000, "Raise_msg: x "),
    Row("a key without a value", {"key": ["x", "y"], "value": [ROW]}, 5000, "2 keys came with 1 values"),
    Row("another key", {"key": ["y"], "value": [ROW]}, 10000, "Raise_msg: x "),
    Row("no number", {"key": ["x"], "value": ["1,two"]}, 10000, "could not convert string to float: two"),
    Row("nothing", {"key": ["x"], "value": [" "]}, 51, "x is empty; send thirteen numbers"),
    Row(
        "too few numbers", {"key": ["x"], "value": ["1,2"]}, 5000, "'x' must have shape [-1, 13] (-1: any), got [1, 2]"
    ),
    Row("a feed of another name", {"key": ["x", "other"], "value": [ROW, ""]}, 5000, "takes ['x'], got ['other']"),
    Row("a tensor without a name", tensor(name=""), 5000, "a tensor has no name"),
    Row("a tensor that does not fit", tensor(shape=[2, 13]), 5000, "tensor 'x': shape [2, 13] does not fit 13 values"),
    Row(
        "a tensor that is too wide", tensor(shape=[1, 14], float_data=[0.5] * 14), 5000, "'x' must have shape [-1, 13]"
    ),
    Row("a tensor of another rank", tensor(shape=[13]), 5000, "'x' must have shape [-1, 13]"),
    Row("no rows", tensor(shape=[0, 13], float_data=[]), 5000, "'x' is empty; send at least one row"),
    Row("offsets of nothing", tensor(lod=[0, 1, 0, 1]), 5000, "'x' takes no lod"),
    Row("an element type", tensor(elem_type=10), 5000, "tensor 'x': elem_type 10 is not taken"),
    Row("the field of another type", tensor(elem_type=0), 5000, "tensor 'x': shape [1, 13] does not fit 0 values"),
    Row("a number too large", tensor(elem_type=8, int_data=[300] * 13), 5000, "'x': int8 values must lie between"),
    Row("half an offset", tensor(lod=[0, 1, 2]), 5000, "'x': lod needs an even number of offsets, got 3"),
    Row("text for numbers", {"tensors": [{"name": "x", "elem_type": 12, "str_data": ["a"]}]}, 10000, "float: a"),
    Row("bytes that are no array", stream("bm8gYXJyYXk="), 5000, "'x': byte_data is no stream of numpy.save"),
    Row("half an array", stream(saved(np.zeros(9))[:64]), 5000, "'x': byte_data is no stream of numpy.save"),
    Row("an array of objects", stream(saved(np.array([Told()]))), 5000, "'x': byte_data is no stream of numpy.save"),
    Row("a pickle", stream(base64.b64encode(pickle.dumps(Told())).decode()), 5000, "'x': byte_data is no stream"),
]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("bad-input")
    write_linear(folder / "model", 13, feed="x", fetch="price")
    conf = {"client_type": "local_predictor", "model_config": "model/serving_server", "fetch_list": ["price"]}
    with served("price.py", folder, op={"uci": {"local_service_conf": conf}}) as started:
        yield started


def over_http(at: Served, fields: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in fields.items() if name != "name"}
    answer = httpx.post(f"{at.url}/{fields.get('name', 'uci')}/prediction", json=rest, timeout=20)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def over_grpc(at: Served, fields: dict[str, Any]) -> dict[str, Any]:
    answer = pb.Response.FromString(sent(at, ParseDict(fields, pb.Request()).SerializeToString()))
    return {
        "err_no": answer.err_no,
        "err_msg": answer.err_msg,
        "key": list(answer.key),
        "value": list(answer.value),
    }


def sent(at: Served, message: bytes) -> bytes:
    with grpc.insecure_channel(at.address) as channel:
        answer: bytes = channel.unary_unary(PATH)(message, timeout=20)
        return answer


@pytest.mark.parametrize("ask", [over_http, over_grpc])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_what_is_wrong_has_its_number_and_a_sentence_that_names_it(at: Served, row: Row, ask: Any) -> None:
    answer = ask(at, row.fields)
    assert (answer["err_no"], answer["key"], answer["value"]) == (row.err_no, [], []), answer["err_msg"]
    assert row.said in answer["err_msg"]
    right = {"key": ["x"], "value": [ROW]}
    assert values(ask(at, right)) == {"price": "[[6.5]]"}
    assert not (at.folder / "unpickled").exists()


@pytest.mark.parametrize("what", [b"{", b'{"key": "x"}', b'{"tensors": [{"shape": ["a"]}]}', b"\x00\xff"])
def test_what_is_no_request_is_refused_before_it_is_counted(at: Served, what: bytes) -> None:
    before = at.figures()
    answer = httpx.post(f"{at.url}/uci/prediction", content=what)
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert answer.json()["message"]
    with pytest.raises(grpc.RpcError) as refused:
        sent(at, what)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "no Request of PipelineService" in refused.value.details()
    after = at.figures()
    assert (after["answered"], after["failed"]) == (before["answered"], before["failed"])


def test_javas_field_layout_is_understood(at: Served) -> None:
    """Its client sends its log number as a varint at 5 and its own address as text at 6."""
    java = pb.Request(key=["x"], value=[ROW]).SerializeToString() + b"\x28\xa6\x2a" + b"\x32\x09127.0.0.1"
    answer = pb.Response.FromString(sent(at, java))
    assert (answer.err_no, list(answer.value)) == (0, ["[[6.5]]"])
