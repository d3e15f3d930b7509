"""Expected labels of several things at once."""

from collections.abc import Sequence

from pydantic import Field

from serving_kit.tasks import Label
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("digit-recognition", "sentiment")
class EachLabel(Expectation):
    """The label of each thing in the sample, in order, and the score that each must reach."""

    labels: tuple[str, ...] = Field(min_length=1)
    score_at_least: float = 0.0

    def check(self, answer: Sequence[Label]) -> str:
        """Compare label by label."""
        got = tuple(label.label for label in answer)
        lowest = min((label.score for label in answer), default=0.0)
        if got != self.labels or lowest < self.score_at_least:
            raise BadAnswer(f"expected {list(self.labels)} at {self.score_at_least} or more, got {list(answer)}")
        return f"{', '.join(got)} at {lowest:.3f} or more (expected at least {self.score_at_least:g})"
