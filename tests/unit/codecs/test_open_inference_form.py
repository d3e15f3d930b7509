import json

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.codecs import open_inference_form
from serving_kit.codecs.open_inference import DecodedRequest, decode_request
from serving_kit.codecs.open_inference_form import Forms
from serving_kit.codecs.open_inference_writing import encode_request
from serving_kit.errors import ServingKitError
from serving_kit.types import Tensor

ROW = {"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, 2.5, 3]}
NUMBERS = st.floats() | st.integers(-(2**70), 2**70) | st.sampled_from([True, None, "1", "NaN", [1], 1e39])


def said(forms: Forms | None, body: bytes, header_length: int | None = None) -> object:
    """What comes of a request: everything that is decoded, or the error."""
    decode = forms.decode if forms else decode_request
    try:
        decoded = decode(body, header_length)
    except ServingKitError as error:
        return type(error), str(error)
    tensors = [
        (named.name, named.alias, named.element_type, named.tensor.array.dtype, repr(named.tensor.array.tolist()))
        for named in decoded.infer.tensors
    ]
    infer = decoded.infer
    return tensors, infer.fetch, infer.deadline_s, decoded.request_id, [decoded.is_binary(name) for name in ("y", "z")]


def document(**changes: object) -> dict[str, object]:
    return {"inputs": [ROW | changes], "outputs": [{"name": "y", "parameters": {"binary_data": True}}], "id": "7"}


@given(
    datatype=st.sampled_from(["FP32", "FP64", "FP16", "BF16", "INT64", "INT8", "UINT8", "BOOL", "BYTES", "?"]),
    shape=st.sampled_from([[3], [1, 3], [3, 1], [2], [-1], "3", None]),
    rows=st.lists(st.lists(NUMBERS, min_size=2, max_size=4) | NUMBERS, min_size=2, max_size=5),
    indent=st.sampled_from([None, 2]),
)
def test_json_is_read_as_if_nothing_like_it_had_come_before(
    datatype: str, shape: object, rows: list[object], indent: int | None
) -> None:
    forms = Forms()
    for data in [[1, 2, 3], [4, 5, 6], *rows]:
        body = json.dumps(document(datatype=datatype, shape=shape, data=data), indent=indent).encode()
        assert said(forms, body) == said(None, body)


@pytest.mark.parametrize(
    "body",
    [
        document(data=[1, 2]) | {"parameters": {"data": [1, 2, 3]}},
        document(parameters={"data": [1, 2, 3]}),
        document(name='"data":[4,5,6]'),
        {"inputs": [ROW, ROW | {"name": "z"}]},
        {"inputs": []},
        document(data=[[1, 2, 3]]),
        document(data=[]),
    ],
)
def test_whatever_is_no_single_list_is_read_from_the_start(body: dict[str, object]) -> None:
    forms = Forms()
    for _ in range(3):
        assert said(forms, orjson.dumps(body)) == said(None, orjson.dumps(body))


def test_a_name_that_only_means_data_once_it_is_read_is_not_overlooked() -> None:
    forms = Forms()
    written = b'{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","d\\u0061ta":[1],"parameters":{"data":[%d]}}]}'
    for number in (1, 1, 2):
        assert said(forms, written % number) == said(None, written % number)
        assert said(forms, written % number)[0][0][-1] == "[1.0]"  # type: ignore[index]


@given(at=st.integers(0, 200), added=st.binary(max_size=2), lost=st.integers(0, 2))
def test_a_request_that_was_meddled_with_is_read_from_the_start(at: int, added: bytes, lost: int) -> None:
    tensors = {"x": Tensor(np.arange(3, dtype=np.float32)), "n": Tensor(np.array([[1], [2]], np.int64))}
    binary, header_length = encode_request(tensors, ["y"])
    forms = Forms()
    for body, length in ((orjson.dumps(document()), None), (binary, header_length)):
        for _ in range(3):
            said(forms, body, length)
        start = at % len(body)
        changed = body[:start] + added + body[start + lost :]
        assert said(forms, changed, length) == said(None, changed, length)


@pytest.fixture
def full_reads(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that are read from the start."""
    read: list[bytes] = []

    def reading(body: bytes, header_length: int | None = None) -> DecodedRequest:
        read.append(body)
        return decode_request(body, header_length)

    monkeypatch.setattr(open_inference_form, "decode_request", reading)
    return read


def test_numbers_alone_are_read_from_the_third_request_on(full_reads: list[bytes]) -> None:
    forms = Forms()
    bodies = [orjson.dumps(document(data=[n, n + 0.5, -n])) for n in range(5)]
    answers = [said(forms, body) for body in bodies]
    assert full_reads == bodies[:2]
    assert answers == [said(None, body) for body in bodies]


def test_of_binary_requests_too(full_reads: list[bytes]) -> None:
    forms = Forms()
    rows = [{"x": Tensor(np.full((2, 2), n, np.float32)), "n": Tensor(np.array([n]))} for n in range(5)]
    bodies = [encode_request(tensors, ["y"]) for tensors in rows]
    answers = [said(forms, *body) for body in bodies]
    assert len(full_reads) == 2
    assert answers == [said(None, *body) for body in bodies]


def test_few_forms_are_kept_and_not_for_ever_looked_for(full_reads: list[bytes]) -> None:
    forms = Forms()
    for number in range(100):
        forms.decode(orjson.dumps(document() | {"id": str(number)}))
    assert len(full_reads) == 100
    assert len(forms._json) == open_inference_form._MOST
    assert all(not form.like.infer.tensors for form in forms._json), "the values of a request are not kept"
