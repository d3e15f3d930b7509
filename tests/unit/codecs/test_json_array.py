import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.codecs.json_array import flat_array, json_values, parse_object, shaped
from serving_kit.errors import BadInput
from serving_kit.types import ElementType


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{not json", "not JSON"),
        (b'{"x": NaN}', "not JSON"),
        (b'{"x": 1e999}', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[1]", "must be a JSON object, not an array"),
        (b"null", "must be a JSON object, not null"),
        (b"[" * 5000 + b"]" * 5000, "deeper than 1024"),
    ],
)
def test_a_body_that_is_no_object_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_object(body)


@pytest.mark.parametrize(
    ("values", "element_type", "said"),
    [
        (5, ElementType.FP32, "must be an array, not a number"),
        (None, ElementType.FP32, "must be an array, not null"),
        ([1.5], ElementType.INT64, "value 0 must be an integer"),
        ([True], ElementType.INT32, "value 0 must be an integer, not a boolean"),
        ([1, 0], ElementType.BOOL, "value 0 must be true or false"),
        ([1, None], ElementType.FP32, "value 1 must be a number, not null"),
        ([1.0, "two"], ElementType.FP32, "value 1 must be a number, not a string"),
        ([1.0, {}], ElementType.FP64, "value 1 must be a number, not an object"),
        (["a", 1], ElementType.STRING, "value 1 must be a string"),
        ([[1], [1, 2]], ElementType.INT64, "ragged"),
        ([[1], 2], ElementType.INT64, "ragged"),
        ([256], ElementType.UINT8, "between 0 and 255"),
        ([-129], ElementType.INT8, "between -128 and 127"),
        ([2**31], ElementType.INT32, "between -2147483648 and 2147483647"),
        ([2**64 - 1], ElementType.INT64, "between"),
        ([1e39], ElementType.FP32, "too large for FP32"),
        ([1.0], ElementType.COMPLEX64, "raw bytes"),
        ([1], ElementType.BF16, "raw bytes"),
    ],
)
def test_wrong_values_are_refused_by_name(values: object, element_type: ElementType, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        flat_array(values, element_type, "tensor 'x'")
    assert str(caught.value).startswith("tensor 'x': ")


def test_integers_may_be_written_as_strings_and_floats_by_name() -> None:
    assert flat_array([1, "-7", "+3"], ElementType.INT64, "x").tolist() == [1, -7, 3]
    floats = flat_array(["NaN", "-Infinity", "infinity", 2], ElementType.FP32, "x")
    np.testing.assert_array_equal(floats, np.float32([np.nan, -np.inf, np.inf, 2]))


def test_long_strings_among_numbers_cost_no_memory() -> None:
    with pytest.raises(BadInput, match="must be a number"):
        flat_array(["9" * 1_000_000, *[1.0] * 100_000], ElementType.FP32, "x")


@pytest.mark.parametrize(
    "shape", [[2, 2], [-1, 3], [3.0], "3", None, [True, 3], [2**31], [0, 2**31 - 1], [1] * 40 + [3]]
)
def test_a_shape_that_does_not_fit_is_refused(shape: object) -> None:
    with pytest.raises(BadInput, match="tensor 'x': shape"):
        shaped(np.zeros(3, np.float32), shape, "tensor 'x'")


def test_a_float32_is_printed_as_its_double_on_demand() -> None:
    array = np.float32([43.7071])
    assert orjson.dumps(json_values(array, as_double=True), option=orjson.OPT_SERIALIZE_NUMPY) == b"[43.70709991455078]"
    assert orjson.dumps(json_values(array), option=orjson.OPT_SERIALIZE_NUMPY) == b"[43.7071]"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(values=_JSON, element_type=st.sampled_from(ElementType))
def test_any_value_becomes_an_array_or_a_sentence(values: object, element_type: ElementType) -> None:
    try:
        array = flat_array(values, element_type, "tensor 'x'")
    except BadInput:
        return
    assert array.dtype == element_type.dtype
    assert array.ndim == 1
