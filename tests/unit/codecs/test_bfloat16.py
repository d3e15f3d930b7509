import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.codecs.bfloat16 import from_bits, to_bits


@pytest.mark.parametrize(
    ("value", "bits"),
    [(1.0, 0x3F80), (-2.0, 0xC000), (1.00390625, 0x3F80), (1.01171875, 0x3F82), (np.inf, 0x7F80), (3.4e38, 0x7F80)],
)
def test_values_are_rounded_to_the_nearest_and_ties_to_even(value: float, bits: int) -> None:
    assert to_bits(np.float32([value])).tolist() == [bits]


def test_nan_stays_nan() -> None:
    worst = np.uint32([0x7F800001]).view(np.float32)  # its upper half alone would be infinity
    assert np.isnan(from_bits(to_bits(worst))).all()


@given(st.integers(0, 0xFFFF).filter(lambda bits: bits & 0x7F80 != 0x7F80))
def test_every_number_there_is_comes_back(bits: int) -> None:
    assert to_bits(from_bits(np.uint16([bits]))).tolist() == [bits]


@pytest.mark.parametrize("shape", [(), (0,), (2, 1), (1, 2, 2)])
def test_shapes_stay(shape: tuple[int, ...]) -> None:
    values = np.full(shape, 1.5, np.float32)
    bits = to_bits(values)
    assert (bits.shape, bits.dtype) == (shape, np.uint16)
    np.testing.assert_array_equal(from_bits(bits), values, strict=True)


def test_an_array_in_any_memory_order_is_taken() -> None:
    values = np.float32([[1, 2], [3, 4]]).T
    np.testing.assert_array_equal(from_bits(to_bits(values)), values)
