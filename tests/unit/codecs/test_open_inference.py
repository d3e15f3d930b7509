import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from serving_kit.codecs.open_inference import decode_request, decode_response
from serving_kit.codecs.open_inference_writing import encode_request, encode_response
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.types import ElementType, NamedTensor, Tensor


def one_input(**fields: object) -> bytes:
    return orjson.dumps({"inputs": [{"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2], **fields}]})


def test_a_plain_json_request_is_read() -> None:
    body = orjson.dumps(
        {
            "id": "42",
            "parameters": {"timeout": 1_500_000},
            "inputs": [{"name": "x", "shape": [2, 2], "datatype": "FP32", "data": [[1, 2], [3, 4]]}],
            "outputs": [{"name": "y"}, {"name": "z", "parameters": {"binary_data": True}}],
        }
    )
    request = decode_request(body)
    assert (request.request_id, request.infer.fetch, request.infer.deadline_s) == ("42", ("y", "z"), 1.5)
    assert (request.is_binary("y"), request.is_binary("z")) == (False, True)
    (named,) = request.infer.tensors
    assert (named.name, named.element_type) == ("x", ElementType.FP32)
    np.testing.assert_array_equal(named.tensor.array, np.float32([[1, 2], [3, 4]]), strict=True)


def test_binary_output_may_be_the_default_or_refused() -> None:
    body = orjson.dumps(
        {
            "parameters": {"binary_data_output": True},
            "outputs": [{"name": "y", "parameters": {"binary_data": False}}],
        }
    )
    request = decode_request(body)
    assert (request.is_binary("y"), request.is_binary("other")) == (False, True)


def test_a_request_carries_bytes_and_offsets() -> None:
    words = Tensor(np.array(["你好", b"\xff"], dtype=object))
    ids = Tensor(np.int64([[1], [2], [3]]), (0, 1, 3))
    body, header_length = encode_request({"words": words, "ids": ids}, ["tags"])
    request = decode_request(body, header_length)
    assert request.infer.fetch == ("tags",)
    assert request.is_binary("tags")
    back = {named.name: named.tensor for named in request.infer.tensors}
    assert back["words"].array.tolist() == ["你好".encode(), b"\xff"]
    np.testing.assert_array_equal(back["ids"].array, ids.array, strict=True)
    assert back["ids"].lod == (0, 1, 3)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"datatype": "FP31"}, "datatype 'FP31' is unknown; use one of"),
        ({"datatype": None}, "datatype None is unknown"),
        ({"data": None}, "the data must be an array, not null"),
        ({"data": [1, "two"]}, "value 1 must be a number"),
        ({"shape": [3]}, "shape .3. needs 3 values, but the data holds 2"),
        ({"shape": None}, "shape must be a list"),
        ({"parameters": 5}, "parameters must be an object"),
        ({"parameters": {"binary_data_size": 8}}, "binary_data_size is 8, but 0 bytes"),
        ({"parameters": {"binary_data_size": -8}}, "binary_data_size is -8"),
        ({"parameters": {"lod": "0,x"}}, 'parameter lod must look like "0,3,8"'),
    ],
)
def test_a_wrong_input_is_named(fields: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=f"input 'x': {said}"):
        decode_request(one_input(**fields))


@pytest.mark.parametrize(
    ("body", "header_length", "said"),
    [
        (b'{"inputs": 5}', None, "inputs must be an array, not a number"),
        (b'{"inputs": [5]}', None, "every element of inputs must be an object with a name"),
        (b'{"outputs": [{}]}', None, "every element of outputs must be an object with a name"),
        (b'{"parameters": [1]}', None, "the request: parameters must be an object"),
        (b'{"parameters": {"timeout": -1}}', None, "parameter timeout must be a number of microseconds"),
        (b"{}", 3, "Inference-Header-Content-Length is 3, but the body holds 2 bytes"),
        (b"{}", 0, "Inference-Header-Content-Length is 0"),
        (b"{}abc", 2, "3 bytes of binary data belong to no input"),
        (b'{"a":', 5, "not JSON"),
    ],
)
def test_a_wrong_request_is_explained(body: bytes, header_length: int | None, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        decode_request(body, header_length)


@pytest.mark.parametrize(
    ("datatype", "block", "said"),
    [
        ("FP32", b"abcde", "5 bytes are no whole number of FP32 values"),
        ("BYTES", b"\x05\0\0\0ab", "ends inside element 0"),
        ("BYTES", b"\x00\0\0\0\x01", "ends inside element 1"),
        ("BYTES", b"\xff\xff\xff\xff", "ends inside element 0"),
    ],
)
def test_broken_binary_data_is_refused(datatype: str, block: bytes, said: str) -> None:
    parameters = {"binary_data_size": len(block)}
    header = orjson.dumps({"inputs": [{"name": "x", "shape": [1], "datatype": datatype, "parameters": parameters}]})
    with pytest.raises(BadInput, match=said):
        decode_request(header + block, len(header))


@pytest.mark.parametrize("array", [np.zeros(2, np.complex64), np.zeros(2, np.uint16), np.array([1, None], object)])
def test_what_the_protocol_cannot_carry_is_refused(array: np.ndarray) -> None:
    with pytest.raises(BadInput):
        encode_request({"x": Tensor(array)}, [])


@pytest.mark.parametrize("binary", [True, False])
def test_a_bfloat16_is_a_number_in_json_and_its_bits_in_binary(binary: bool) -> None:
    bits = NamedTensor("x", Tensor(np.uint16([0x3FC0, 0xC000])), "", ElementType.BF16)
    body, header_length = encode_response("m", {"x": bits}, is_binary=lambda _: binary)
    assert binary or b'"datatype":"BF16","data":[1.5,-2.0]' in body
    back = decode_response(body, header_length)["x"]
    assert (back.element_type, back.tensor.array.tolist()) == (ElementType.BF16, [0x3FC0, 0xC000])


def test_an_answer_in_json_has_the_protocols_shape() -> None:
    body, header_length = encode_response(
        "uci", {"price": NamedTensor("price", Tensor(np.float32([[18.901152]])))}, request_id="7"
    )
    assert header_length is None
    assert body == (
        b'{"model_name":"uci","model_version":"1","id":"7","outputs":[{"name":"price","shape":[1,1],"datatype":"FP32",'
        b'"data":[18.901152]}]}'
    )


_TYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
_ARRAYS = st.sampled_from(_TYPES).flatmap(lambda t: hnp.arrays(t, hnp.array_shapes(min_dims=0, min_side=0, max_side=3)))
_STRINGS = st.lists(st.text(max_size=4)).map(lambda texts: np.array([t.encode() for t in texts], dtype=object))
_TENSORS = st.builds(Tensor, _ARRAYS | _STRINGS, st.sampled_from([(), (0, 1)]))


@given(outputs=st.dictionaries(st.text(max_size=5), _TENSORS, max_size=3), binary=st.sampled_from(["", "all", "some"]))
def test_answers_come_back_as_they_were(outputs: dict[str, Tensor], binary: str) -> None:
    named = {name: NamedTensor(name, tensor) for name, tensor in outputs.items()}
    body, header_length = encode_response(
        "m", named, is_binary=lambda name: binary == "all" or (binary == "some" and len(name) % 2 == 0)
    )
    back = decode_response(body, header_length)
    assert list(back) == list(outputs)
    for name, tensor in outputs.items():
        np.testing.assert_array_equal(back[name].tensor.array, tensor.array, strict=True)
        assert back[name].tensor.lod == tensor.lod


_PARTS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.sampled_from(["x", "FP32", "BYTES"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "shape", "datatype", "data", "parameters", "binary_data_size", "lod", "timeout"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(
    header=st.dictionaries(st.sampled_from(["inputs", "outputs", "parameters", "id"]), _PARTS).map(orjson.dumps),
    block=st.binary(max_size=9),
    length=st.none() | st.integers(-1, 99),
)
def test_nothing_but_our_own_errors_comes_out(header: bytes, block: bytes, length: int | None) -> None:
    for body, header_length in ((header, None), (header + block, len(header)), (header + block, length)):
        try:
            assert decode_request(body, header_length) is not None
        except ServingKitError as error:
            assert str(error)
