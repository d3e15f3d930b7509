"""Whether an array holds NaN or infinity, asked of every request."""

import math

import numpy as np

from serving_kit.types import Array

_FEW = 64  # elements; numpy's two calls cost more than a look at so many


def all_finite(array: Array) -> bool:
    """Tell whether every element of an array of real numbers is finite."""
    if array.size <= _FEW:
        return all(map(math.isfinite, array.ravel().tolist()))
    return bool(np.isfinite(array).all())
