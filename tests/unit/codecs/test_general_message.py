import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from serving_kit.codecs import general_model_service_pb2 as official
from serving_kit.codecs.general_message import decode_request, decode_response, encode_request, encode_response
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.types import ElementType, InferRequest, InferResponse, ModelOutput, NamedTensor, Tensor

# What the native client of Paddle Serving 0.9 sent for x[1,13], price, log_id 7, less the values (all zero here).
RECORDED = b"".join(
    [b"\nB", b"\x124" + b"\x00" * 52, b"P\x01", b"Z\x02\x01\r", b"j\x01x", b"r\x01x", b"\x12\x05price", b" \x07"]
)


def one(**fields: object) -> bytes:
    tensor = official.Tensor(**{"name": "x", **fields})  # type: ignore[arg-type]
    return official.Request(tensor=[tensor]).SerializeToString()


def test_what_the_native_client_sends_is_read_and_written() -> None:
    request = decode_request(RECORDED)
    (x,) = request.tensors
    assert (x.name, x.alias, x.element_type, x.tensor.array.shape) == ("x", "x", ElementType.FP32, (1, 13))
    assert (request.fetch, request.log_id) == (("price",), 7)
    assert encode_request(request) == RECORDED


def test_floats_that_are_not_packed_are_read() -> None:
    loose = b"".join(b"\x15" + np.float32(n).tobytes() for n in (1, 2.5)) + b"\x50\x01\x5a\x01\x02"
    (x,) = decode_request(b"\x0a" + bytes([len(loose)]) + loose).tensors
    assert x.tensor.array.tolist() == [1, 2.5]


def test_floats_in_several_runs_are_one_tensor() -> None:
    runs = b"".join(b"\x12\x04" + np.float32(n).tobytes() for n in (1, 2.5)) + b"\x50\x01\x5a\x01\x02"
    (x,) = decode_request(b"\x0a" + bytes([len(runs)]) + runs).tensors
    assert x.tensor.array.tolist() == [1, 2.5]


def test_an_element_type_left_out_is_told_by_the_data() -> None:
    (x,) = decode_request(one(float_data=[1, 2], shape=[2])).tensors
    assert x.element_type is ElementType.FP32


def test_raw_bytes_with_the_shape_of_a_configuration_are_instances() -> None:
    (x,) = decode_request(one(elem_type=5, shape=[2], tensor_content=np.float16([1, 2, 3, 4]).tobytes())).tensors
    assert x.tensor.array.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"float_data": [1, 2], "elem_type": 1, "shape": [3]}, r"shape \[3\] needs 3 values, but the data holds 2"),
        ({"float_data": [1], "elem_type": 1, "shape": [-1]}, "shape must be a list of numbers from 0"),
        ({"float_data": [1], "elem_type": 2, "shape": [1]}, r"elem_type 2 \(INT32\) reads int_data, not float_data"),
        ({"float_data": [1], "elem_type": 19, "shape": [1]}, "elem_type 19 is unknown; use one of 0 INT64"),
        ({"tensor_content": b"abc", "elem_type": 5, "shape": [1]}, "holds 3 bytes, no whole number of FP16"),
        ({"complex64_data": [1], "elem_type": 10, "shape": [1]}, "a real and an imaginary part"),
        ({"uint32_data": [1], "elem_type": 7, "shape": [1]}, "reads tensor_content, not uint32_data"),
    ],
)
def test_a_wrong_tensor_is_named(fields: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=f"tensor 'x'.*{said}"):
        decode_request(one(**fields))


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(BadInput, match="Fail to parse request message, request_size=3"):
        decode_request(b"\xff\xff\xff")
    with pytest.raises(BadInput, match="the 3 bytes of the answer are no Response"):
        decode_response(b"\xff\xff\xff")


def test_a_failure_has_a_number_and_a_text() -> None:
    failed = InferResponse((), log_id=7, err_no=1003, err_msg="no")
    assert decode_response(encode_response(failed)) == failed


_TYPES = {element_type: element_type.dtype for element_type in ElementType if element_type is not ElementType.STRING}
_NUMBERS = st.sampled_from(list(_TYPES)).flatmap(
    lambda t: st.tuples(st.just(t), hnp.arrays(_TYPES[t], hnp.array_shapes(min_dims=0, min_side=0, max_side=3)))
)
_STRINGS = st.lists(st.binary(max_size=4), max_size=3).map(
    lambda items: (ElementType.STRING, np.array([*items, None], dtype=object)[:-1])
)


@given(typed=_NUMBERS | _STRINGS, lod=st.sampled_from([(), (0, 1)]))
def test_what_is_written_is_read_back_and_by_the_official_messages_too(
    typed: tuple[ElementType, np.ndarray], lod: tuple[int, ...]
) -> None:
    element_type, array = typed
    named = NamedTensor("x", Tensor(array, lod), "alias", element_type)
    response = InferResponse((ModelOutput("cnn", "", (named,)),), (1, 2), 7)
    body = encode_response(response)
    (output,) = decode_response(body).outputs
    (back,) = output.tensors
    assert (back.name, back.alias, back.tensor.lod, output.engine_name) == ("x", "alias", lod, "cnn")
    np.testing.assert_array_equal(back.tensor.array, array, strict=True)
    if element_type is not ElementType.STRING:  # theirs have to be UTF-8
        assert list(official.Response.FromString(body).outputs[0].tensor[0].shape) == list(array.shape)


@given(body=st.binary(max_size=60))
def test_nothing_but_our_own_errors_comes_out(body: bytes) -> None:
    try:
        request = decode_request(body)
    except ServingKitError as error:
        assert str(error)
        return
    assert isinstance(request, InferRequest)
