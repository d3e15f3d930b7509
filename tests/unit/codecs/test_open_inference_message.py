import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from serving_kit.codecs import open_inference_pb2 as pb
from serving_kit.codecs.open_inference import DATATYPES
from serving_kit.codecs.open_inference_message import decode_request, decode_response, encode_request, encode_response
from serving_kit.errors import BadInput
from serving_kit.types import ElementType, NamedTensor, Tensor


def typed(datatype: str, shape: list[int], **contents: object) -> pb.ModelInferRequest:
    message = pb.ModelInferRequest()
    item = message.inputs.add(name="x", datatype=datatype, shape=shape)
    item.contents.CopyFrom(pb.InferTensorContents(**contents))  # type: ignore[arg-type]
    return message


@pytest.mark.parametrize(
    ("datatype", "field", "values"),
    [
        ("BOOL", "bool_contents", [True, False]),
        ("INT8", "int_contents", [-128, 127]),
        ("INT16", "int_contents", [-300, 300]),
        ("INT32", "int_contents", [-(2**31), 1]),
        ("INT64", "int64_contents", [-(2**63), 2**63 - 1]),
        ("UINT8", "uint_contents", [0, 255]),
        ("FP32", "fp32_contents", [0.5, -1.0]),
        ("FP64", "fp64_contents", [0.1, 1e300]),
        ("BYTES", "bytes_contents", [b"a", b"\xff"]),
    ],
)
def test_typed_contents_of_every_kind_are_read(datatype: str, field: str, values: list[object]) -> None:
    (x,) = decode_request(typed(datatype, [2], **{field: values})).tensors
    assert x.tensor.array.tolist() == values
    assert x.element_type is not None
    assert DATATYPES[x.element_type] == datatype


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (typed("UINT8", [1], uint_contents=[256]), "input 'x': uint_contents holds values that UINT8 cannot"),
        (typed("INT8", [1], int_contents=[-129]), "int_contents holds values that INT8 cannot"),
        (typed("FP32", [1], fp64_contents=[1]), "datatype FP32 reads fp32_contents, not fp64_contents"),
        (typed("FP16", [1], fp32_contents=[1]), "FP16 has no typed contents; send it in raw_input_contents"),
        (typed("FP31", [1]), "datatype 'FP31' is unknown"),
        (typed("FP32", [2], fp32_contents=[1]), r"shape \[2\] needs 2 values, but the data holds 1"),
        (typed("FP32", [-1], fp32_contents=[1]), "shape must be a list of numbers from 0"),
    ],
)
def test_a_wrong_input_is_named(message: pb.ModelInferRequest, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        decode_request(message)


def test_raw_and_typed_contents_exclude_each_other() -> None:
    message = typed("FP32", [1], fp32_contents=[1])
    message.raw_input_contents.append(b"\0\0\0\0")
    with pytest.raises(BadInput, match="input 'x' has contents beside raw contents"):
        decode_request(message)
    message.raw_input_contents.append(b"")
    with pytest.raises(BadInput, match="raw_input_contents holds 2 tensors, but there are 1 inputs"):
        decode_request(message)


def test_extensions_that_are_not_there_are_refused() -> None:
    message = encode_request("uci", {"x": Tensor(np.float32([1]))}, ["price"])
    message.outputs[0].parameters["classification"].int64_param = 2
    with pytest.raises(BadInput, match="output 'price': parameter classification is not taken"):
        decode_request(message)
    message.inputs[0].parameters["shared_memory_region"].string_param = "a"
    with pytest.raises(BadInput, match="input 'x': parameter shared_memory_region is not taken"):
        decode_request(message)


def test_outputs_and_the_time_allowed_are_read() -> None:
    message = encode_request("uci", {}, ["price"])
    message.parameters["timeout"].int64_param = 2_000_000
    request = decode_request(message)
    assert (request.fetch, request.deadline_s) == (("price",), 2.0)


def test_what_has_no_datatype_is_named() -> None:
    with pytest.raises(BadInput, match="tensor 'x' of COMPLEX64 has no datatype"):
        encode_request("m", {"x": Tensor(np.complex64([1]))})


_TYPES = [element_type for element_type in DATATYPES if element_type is not ElementType.STRING]
_NUMBERS = st.sampled_from(_TYPES).flatmap(
    lambda t: st.tuples(st.just(t), hnp.arrays(t.dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=3)))
)
_STRINGS = st.lists(st.binary(max_size=4), max_size=3).map(
    lambda items: (ElementType.STRING, np.array([*items, None], dtype=object)[:-1])
)


@given(typed=_NUMBERS | _STRINGS, lod=st.sampled_from([(), (0, 1)]))
def test_answers_come_back_as_they_were(typed: tuple[ElementType, np.ndarray], lod: tuple[int, ...]) -> None:
    element_type, array = typed
    message = encode_response("m", {"y": NamedTensor("real", Tensor(array, lod), "y", element_type)}, request_id="7")
    assert (message.model_name, message.model_version, message.id) == ("m", "1", "7")
    back = decode_response(pb.ModelInferResponse.FromString(message.SerializeToString()))["y"]
    np.testing.assert_array_equal(back.tensor.array, array, strict=True)
    assert (back.element_type, back.tensor.lod) == (element_type, lod)
