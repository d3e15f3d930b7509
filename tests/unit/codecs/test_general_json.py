import base64

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from serving_kit.codecs.general_json import decode_request, encode_response
from serving_kit.errors import BadInput, ServingKitError
from serving_kit.types import ElementType, InferResponse, ModelOutput, NamedTensor, Tensor


def tensor(**fields: object) -> bytes:
    return orjson.dumps({"tensor": [{"name": "x", "elem_type": 1, "shape": [2], "float_data": [1, 2], **fields}]})


def test_the_old_quick_start_is_read() -> None:
    body = (
        b' {"tensor":[{"float_data":[0.0137,-0.1136],"elem_type":1,"name":"x","alias_name":"a","shape":[1,2]}],'
        b'"fetch_var_names":["price"],"log_id":7,"profile_server":true}'
    )
    request = decode_request(body)
    (named,) = request.tensors
    assert (named.name, named.alias, named.element_type) == ("x", "a", ElementType.FP32)
    np.testing.assert_array_equal(named.tensor.array, np.float32([[0.0137, -0.1136]]))
    assert (request.fetch, request.log_id, request.profile) == (("price",), 7, True)


def test_what_json2pb_passes_over_is_passed_over() -> None:
    body = tensor(alias_name=None, aliasName="camel", lod=None, unheard_of={"a": [1]})
    assert decode_request(body).tensors[0].alias == ""
    assert decode_request(b'{"log_id": "12", "fetchVarNames": ["y"], "tensor": null}').log_id == 12
    assert decode_request(b'{"log_id": -1}').log_id == 0
    assert decode_request(b"").tensors == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"elem_type": 0, "int64_data": [2**53 + 1, "5"]}, np.int64([2**53 + 1, 5])),
        ({"elem_type": 2, "int_data": [1, -2]}, np.int32([1, -2])),
        ({"elem_type": 3, "float64_data": [0.1, 2]}, np.float64([0.1, 2])),
        ({"elem_type": 9, "bool_data": [True, False]}, np.bool_([True, False])),
        (
            {"elem_type": 5, "tensor_content": base64.b64encode(np.float16([1, 2]).tobytes()).decode()},
            np.float16([1, 2]),
        ),
        ({"elem_type": 7, "tensor_content": "AQI="}, np.uint8([1, 2])),
        ({"elem_type": 8, "tensor_content": "AQI="}, np.int8([1, 2])),
        ({"elem_type": 4, "tensor_content": "AQACAA=="}, np.int16([1, 2])),
        ({"elem_type": None, "float_data": [1, 2]}, np.float32([1, 2])),
        ({"elem_type": None, "int64_data": [1, 2]}, np.int64([1, 2])),
    ],
)
def test_every_element_type_has_its_field(fields: dict[str, object], expected: np.ndarray) -> None:
    array = decode_request(tensor(**{"float_data": None, **fields})).tensors[0].tensor.array
    assert array.dtype == expected.dtype
    np.testing.assert_array_equal(array, expected)


def test_strings_are_bytes() -> None:
    body = tensor(elem_type=20, float_data=None, data=["你好", ""])
    assert decode_request(body).tensors[0].tensor.array.tolist() == ["你好".encode(), b""]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"float_data": 1.5}, "float_data must be an array, not a number"),
        ({"float_data": [1, None]}, "field float_data: value 1 must be a number, not null"),
        ({"float_data": [1]}, "shape .2. needs 2 values, but the data holds 1"),
        ({"float_data": None}, "needs 2 values, but the data holds 0"),
        ({"shape": 2}, "shape must be an array"),
        ({"shape": [-1]}, "shape must be a list of numbers"),
        ({"elem_type": 42}, "elem_type 42 is unknown; use one of 0 INT64, 1 FP32"),
        ({"elem_type": "1"}, "elem_type 1 is unknown"),
        ({"elem_type": 12}, "elem_type 12 is unknown"),
        (
            {"elem_type": 10, "float_data": None, "complex64_data": [1, 2, 3]},
            "a real and an imaginary part each, got 3 parts",
        ),
        ({"elem_type": 0}, r"elem_type 0 \(INT64\) reads int64_data, not float_data"),
        ({"uint32_data": [1]}, "reads float_data, not uint32_data"),
        ({"elem_type": 7, "float_data": None, "tensor_content": "%%"}, "tensor_content must be the base64"),
        (
            {"elem_type": 5, "float_data": None, "tensor_content": "AQ=="},
            "tensor_content holds 1 bytes, no whole number of FP16 values",
        ),
        ({"lod": [0, 1.5]}, "field lod: value 1 must be an integer"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, object], said: str) -> None:
    with pytest.raises(BadInput, match=f"tensor 'x'.*{said}"):
        decode_request(tensor(**fields))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"tensor": {}}', "tensor must be an array, not an object"),
        (b'{"tensor": [7]}', "tensor 0 must be an object, not a number"),
        (b'{"tensor": [{"name": 7}]}', "tensor 0: name must be a string, not a number"),
        (b'{"fetch_var_names": "price"}', "fetch_var_names must be an array, not a string"),
        (b'{"fetch_var_names": [1]}', "fetch_var_names must be an array of strings"),
    ],
)
def test_a_wrong_request_is_explained(body: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        decode_request(body)


def answer_of(*tensors: NamedTensor) -> InferResponse:
    return InferResponse((ModelOutput("", "m", tensors),))


def test_an_answer_has_bRPCs_keys_in_their_order() -> None:  # noqa: N802
    price = NamedTensor("fc_0.tmp_1", Tensor(np.float32([[43.7071]])), "price")
    assert encode_response(InferResponse((ModelOutput("GeneralInferOp_0", "uci", (price,)),), (17, 18))) == (
        b'{"outputs":[{"tensor":[{"float_data":[43.70709991455078],"elem_type":1,"shape":[1,1],"name":"fc_0.tmp_1",'
        b'"alias_name":"price"}],"engine_name":"GeneralInferOp_0"}],"profile_time":[17,18]}'
    )


def test_defaults_are_left_out_and_offsets_and_bytes_written() -> None:
    ids = NamedTensor("ids", Tensor(np.int64([[2**60], [0]]), (0, 2)))
    pixels = NamedTensor("p", Tensor(np.uint8([1, 2])))
    answer = encode_response(answer_of(ids, pixels))
    assert answer == (
        b'{"outputs":[{"tensor":[{"int64_data":[1152921504606846976,0],"shape":[2,1],"lod":[0,2],"name":"ids"},'
        b'{"elem_type":7,"shape":[2],"name":"p","tensor_content":"AQI="}]}]}'
    )
    empty = encode_response(answer_of(NamedTensor("e", Tensor(np.zeros((0, 4), np.float32)))))
    assert empty == b'{"outputs":[{"tensor":[{"elem_type":1,"shape":[0,4],"name":"e"}]}]}'


def test_a_failure_is_told_by_number_and_text() -> None:
    assert encode_response(InferResponse((), log_id=7, err_no=1003, err_msg="no")) == (
        b'{"log_id":7,"err_no":1003,"err_msg":"no"}'
    )


def test_raw_bytes_with_the_shape_of_a_configuration_are_instances() -> None:
    """Paddle Serving's client leaves the batch axis of raw tensors out."""
    (two,) = decode_request(tensor(float_data=None, elem_type=7, shape=[2], tensor_content="AQIDBA==")).tensors
    assert two.tensor.array.tolist() == [[1, 2], [3, 4]]


_TYPES = [
    "complex64",
    "complex128",
    "int64",
    "float32",
    "int32",
    "float64",
    "int16",
    "float16",
    "uint8",
    "int8",
    "bool",
]


@given(array=st.sampled_from(_TYPES).flatmap(lambda t: hnp.arrays(t, hnp.array_shapes(min_dims=1, max_side=3))))
def test_what_is_written_is_read_back(array: np.ndarray) -> None:
    """The tensors of an answer have the form of those of a request."""
    answer = orjson.loads(encode_response(answer_of(NamedTensor("x", Tensor(array, (0, 1))))))
    (back,) = decode_request(orjson.dumps(answer["outputs"][0])).tensors
    np.testing.assert_array_equal(back.tensor.array, array, strict=True)
    assert back.tensor.lod == (0, 1)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
_FIELDS = st.sampled_from(
    [
        *("name", "alias_name", "elem_type", "shape", "lod"),
        *("float_data", "int64_data", "bool_data", "data"),
        "tensor_content",
    ]
)
_TENSORS = st.dictionaries(_FIELDS, _VALUES, max_size=6)


@given(
    body=st.binary(max_size=40)
    | st.dictionaries(
        st.sampled_from(["tensor", "fetch_var_names", "log_id", "profile_server"]),
        st.lists(_TENSORS, max_size=2) | _VALUES,
    ).map(orjson.dumps)
)
def test_nothing_but_our_own_errors_comes_out(body: bytes) -> None:
    try:
        request = decode_request(body)
    except ServingKitError as error:
        assert str(error)
        return
    assert all(named.tensor.array.dtype == named.element_type.dtype for named in request.tensors)
