import numpy as np
import pytest

from serving_kit.clients.array import as_array, as_element
from serving_kit.types import ElementType, NamedTensor, Tensor


@pytest.mark.parametrize(
    ("value", "element_type", "dtype"),
    [
        ([1, 2], ElementType.FP32, "float32"),
        ([1.0, 2.0], ElementType.INT64, "int64"),
        ([0, 255], ElementType.UINT8, "uint8"),
        ([1.5, -2], ElementType.FP16, "float16"),
        ([1, 0], ElementType.BOOL, "bool"),
        ([1, 2j], ElementType.COMPLEX64, "complex64"),
    ],
)
def test_numbers_become_the_type_wanted(value: list[float], element_type: ElementType, dtype: str) -> None:
    array = as_element(value, element_type, "x")
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, value)


@pytest.mark.parametrize(
    ("value", "element_type", "said"),
    [
        ([1.5], ElementType.INT64, "x holds values that int64 cannot"),
        ([256], ElementType.UINT8, "x holds values that uint8 cannot"),
        ([-1], ElementType.UINT8, "x holds values that uint8 cannot"),
        ([2], ElementType.BOOL, "x holds values that bool cannot"),
        ([np.nan], ElementType.INT32, "x holds values that int32 cannot"),
        ([1j], ElementType.FP32, "x must hold FP32 values, not complex128"),
        (["1"], ElementType.FP32, "x must hold FP32 values, not <U1"),
        ([1], ElementType.STRING, "x must hold text, not int"),
        ([["a"], ["b", "c"]], ElementType.STRING, "inhomogeneous|must hold text"),
    ],
)
def test_nothing_is_lost_in_silence(value: list[object], element_type: ElementType, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        as_element(value, element_type, "x")


def test_text_keeps_its_zeros_and_an_array_of_text_becomes_objects() -> None:
    assert as_element([b"a\0"], ElementType.STRING, "x").tolist() == [b"a\0"]
    assert as_element(np.asarray(["你好"]), ElementType.STRING, "x").dtype == object


@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0, 2)])
def test_bfloat16_goes_as_bits_and_comes_back_as_float32(shape: tuple[int, ...]) -> None:
    bits = as_element(np.full(shape, 1.0 + 2**-9), ElementType.BF16, "x")
    assert (bits.dtype, bits.shape) == (np.uint16, shape)
    back = as_array(NamedTensor("x", Tensor(bits), "", ElementType.BF16))
    assert (back.dtype, back.shape) == (np.float32, shape)
    np.testing.assert_array_equal(back, np.ones(shape))


def test_what_came_over_the_wire_is_the_callers_to_change() -> None:
    raw = np.frombuffer(b"\1\2", np.uint8)
    as_array(NamedTensor("x", Tensor(raw)))[0] = 7
    assert raw.tolist() == [1, 2]
