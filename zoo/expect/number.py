"""Expected numbers."""

from typing import Any

import numpy as np

from zoo.expect.expectation import BadAnswer, Expectation, of


@of("regression")
class Values(Expectation):
    """Numbers, each within `tolerance`."""

    values: tuple[float, ...]
    tolerance: float

    def check(self, answer: Any) -> str:
        """Compare element by element."""
        got = np.asarray(answer, dtype=np.float64).ravel()
        wanted = np.asarray(self.values)
        if got.shape != wanted.shape or not np.all(np.abs(got - wanted) <= self.tolerance):
            raise BadAnswer(f"expected {list(self.values)} within {self.tolerance}, got {got.tolist()}")
        return f"{', '.join(f'{value:.6g}' for value in got)} (expected within {self.tolerance:g})"
