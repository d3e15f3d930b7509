"""Arrays as clients of pipelines write them."""

from typing import Any

import numpy as np
import pytest

from serving_kit.codecs.pipeline_message import text_of
from serving_kit.errors import BadInput
from serving_kit.pipeline.text import array_of
from serving_kit.types import ElementType

FP32, INT64 = ElementType.FP32, ElementType.INT64


@pytest.mark.parametrize(
    ("text", "element_type", "expected"),
    [
        ("[[1.5, 2], [3, 4]]", FP32, [[1.5, 2], [3, 4]]),
        ("[[[1], [2]]]", INT64, [[[1], [2]]]),
        ("0.5, -1e-3, 2.", FP32, [[0.5, -1e-3, 2]]),
        (" 1,2; 3,4;\n", INT64, [[1, 2], [3, 4]]),
        ("7", INT64, [[7]]),
        ("[]", FP32, []),
        ("[[], []]", FP32, [[], []]),
        ("[true, false]", ElementType.BOOL, [True, False]),
    ],
)
def test_lists_and_rows_become_arrays(text: str, element_type: ElementType, expected: Any) -> None:
    array = array_of(text, element_type, "x")
    assert array.dtype == element_type.dtype
    assert array.shape == np.shape(expected)
    assert np.array_equal(array, np.array(expected, element_type.dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
def test_what_numpy_prints_is_read_back(dtype: str) -> None:
    array = np.linspace(0, 200, 60).reshape(3, 4, 5).astype(dtype)
    again = array_of(text_of(array), ElementType.of(dtype), "x")
    assert again.shape == array.shape
    assert np.allclose(again, array)


@pytest.mark.parametrize(
    ("text", "element_type", "said"),
    [
        ("hello", FP32, r"x: 'hello' is no array; write it as \[\[1.5, 2\]\] or as 1.5, 2; 3, 4"),
        ("", FP32, "x: '' is no array"),
        ("1,,2", FP32, "is no array"),
        ("[[1, 2], [3]]", FP32, "x: the nested data is ragged"),
        ("[1.5]", INT64, "x: value 0 must be an integer"),
        ("[256]", ElementType.UINT8, "x: UINT8 values must lie between 0 and 255"),
        ('["a"]', FP32, "x: value 0 must be a number, not a string"),
        ("[" * 2000, FP32, r"x: '\[+…' is no array"),
        ("__import__('os')", FP32, "is no array"),
    ],
)
def test_what_is_no_array_is_shown(text: str, element_type: ElementType, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        array_of(text, element_type, "x")
