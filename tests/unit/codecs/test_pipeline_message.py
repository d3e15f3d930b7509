import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.codecs.pipeline_message import (
    PipelineRequest,
    PipelineResponse,
    decode_request,
    decode_response,
    encode_request,
    encode_response,
    text_of,
)
from serving_kit.errors import BadInput

DTYPES = ["int64", "float32", "int32", "float64", "int16", "float16", "uint16", "uint8", "int8", "bool"]


@given(
    st.sampled_from([*DTYPES, "U3", "S2", "complex64", "complex128", "object", "datetime64[D]"]).flatmap(
        lambda dtype: (
            arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=40))
            if dtype != "object"
            else st.just(np.array([1, "a", None], object))
        )
    )
)
def test_an_array_is_printed_as_numpy_prints_it_whole(array: np.ndarray) -> None:
    with np.printoptions(threshold=sys.maxsize):
        expected = repr(array)
    assert text_of(array) == expected


def test_a_long_array_is_printed_whole() -> None:
    text = text_of(np.zeros((2000, 2), np.float32))
    assert "..." not in text
    assert text.count("[0., 0.]") == 2000


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_an_array_arrives_as_it_was(dtype: str, as_bytes: bool) -> None:
    array = np.array([[1, 0], [3, 1]]).astype(dtype)
    asked = PipelineRequest({"x": array, "note": "hello"}, log_id=7, client_ip="10.0.0.1", name="uci", method="m")
    read = decode_request(encode_request(asked, as_tensors=True, as_bytes=as_bytes))
    np.testing.assert_array_equal(read.values["x"], array, strict=True)
    assert read.values["note"] == "hello"
    assert (read.log_id, read.client_ip, read.name, read.method) == (7, "10.0.0.1", "uci", "m")


def test_pairs_of_text_are_the_default() -> None:
    read = decode_request(encode_request(PipelineRequest({"x": np.array([[1.5]], np.float32), "y": [1, 2], "z": "a"})))
    assert read.values == {"x": "array([[1.5]], dtype=float32)", "y": "[1, 2]", "z": "a"}


def test_a_level_of_detail_travels_beside_its_tensor() -> None:
    values = {"x": np.array([1, 2, 3]), "x.lod": np.array([[0, 2], [0, 3]])}
    read = decode_request(encode_request(PipelineRequest(values), as_tensors=True))
    assert read.values["x.lod"].tolist() == [[0, 2], [0, 3]]
    assert read.values["x.lod"].dtype == np.int32


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (pb.Request(key=["a"]), "1 keys came with 0 values"),
        (pb.Request(tensors=[pb.Tensor(elem_type=1)]), "a tensor has no name"),
        (pb.Request(tensors=[pb.Tensor(name="x", elem_type=10)]), "tensor 'x': elem_type 10 is not taken"),
        (pb.Request(tensors=[pb.Tensor(name="x", elem_type=1, shape=[2])]), r"shape \[2\] does not fit 0 values"),
        (pb.Request(tensors=[pb.Tensor(name="x", elem_type=8, int_data=[300], shape=[1])]), "between -128 and 127"),
        (
            pb.Request(tensors=[pb.Tensor(name="x", int64_data=[1], shape=[1], lod=[1])]),
            "lod needs an even number of offsets",
        ),
        (
            pb.Request(tensors=[pb.Tensor(name="x", elem_type=13, byte_data=b"\x80\x04K\x01.")]),
            "no stream of numpy.save",
        ),
        (pb.Request(tensors=[pb.Tensor(name="x", elem_type=13)]), "no stream of numpy.save"),
    ],
)
def test_what_is_wrong_is_named(request_: pb.Request, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        decode_request(request_.SerializeToString())


def test_garbage_is_no_request() -> None:
    with pytest.raises(BadInput, match="no Request of PipelineService"):
        decode_request(b"\xff\xff\xff")


def test_javas_fields_are_passed_over() -> None:
    """Its method is a string at 4, its log number a varint at 5 and the client's address a string at 6."""
    java = pb.Request(key=["x"], value=["1"]).SerializeToString() + b"\x28\x09" + b"\x32\x03abc"
    assert decode_request(java).values == {"x": "1"}


def test_an_answer_comes_back() -> None:
    answer = PipelineResponse({"price": "[[18.9]]"}, 0, "")
    assert decode_response(encode_response(answer)) == answer
    failed = PipelineResponse({}, 5000, "wrong")
    assert decode_response(encode_response(failed)) == failed
    with pytest.raises(BadInput):
        decode_response(b"\xff")
