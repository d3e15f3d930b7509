import numpy as np
import pytest

from serving_kit.codecs.finite import all_finite


@pytest.mark.parametrize("size", [1, 64, 65, 1000])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_one_odd_number_is_found_wherever_it_stands(size: int, dtype: str) -> None:
    array = np.full((size, 1), np.finfo(dtype).max, dtype)
    assert all_finite(array)
    for odd in (np.nan, np.inf, -np.inf):
        for index in {0, size // 2, size - 1}:
            changed = array.copy()
            changed[index] = odd
            assert not all_finite(changed)


def test_nothing_at_all_is_finite() -> None:
    assert all_finite(np.zeros((0, 3), np.float32))
