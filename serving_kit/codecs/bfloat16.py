"""bfloat16, for which numpy has no dtype: the upper half of a float32, held as its 16 bits in a uint16."""

import numpy as np
from numpy.typing import NDArray


def to_bits(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Round float32 values of any shape to the nearest bfloat16, ties to even, as its bits; NaN stays NaN."""
    bits = np.asarray(values, dtype=np.float32, order="C").view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> 16) & 1)) >> 16
    return np.asarray(np.where(np.isnan(values), 0x7FC0, rounded), dtype=np.uint16)


def from_bits(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return the float32 values that bfloat16 bits of any shape stand for, exactly."""
    widened = np.left_shift(bits, 16, dtype=np.uint32)
    return np.asarray(widened).view(np.float32)
