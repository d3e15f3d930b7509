"""Expected orders of scores."""

from typing import Any

import numpy as np
from pydantic import Field

from zoo.expect.expectation import BadAnswer, Expectation, of


@of("click-prediction")
class LikedAbove(Expectation):
    """Which of the records, counted from 0, must each score above each of the others, and by how much."""

    liked: tuple[int, ...] = Field(min_length=1)
    disliked: tuple[int, ...] = Field(min_length=1)
    margin: float = 0.0

    def check(self, answer: Any) -> str:
        """Compare the lowest of the liked with the highest of the disliked."""
        scores = np.asarray(answer, dtype=np.float64)
        if scores.shape != (len(self.liked) + len(self.disliked),):
            raise BadAnswer(f"expected {len(self.liked) + len(self.disliked)} scores, got {scores.tolist()}")
        lowest, highest = scores[list(self.liked)].min(), scores[list(self.disliked)].max()
        if not lowest - highest > self.margin:
            raise BadAnswer(f"expected {self.liked} above {self.disliked} by {self.margin}, got {scores.round(3)}")
        return f"liked from {lowest:.3f}, disliked up to {highest:.3f} (expected more than {self.margin:g} apart)"
