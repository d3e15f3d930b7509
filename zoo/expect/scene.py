"""Expected objects of a scene, and expected foregrounds."""

from collections.abc import Sequence

from pydantic import Field

from serving_kit.tasks.segmentation import Mask
from zoo.expect.box import Regions
from zoo.expect.expectation import BadAnswer, Expectation, of

At = tuple[int, int]


@of("object-detection")
class Objects(Regions):
    """Labelled boxes of a scene: each found, and no other."""


@of("segmentation")
class Foreground(Expectation):
    """Pixels (x, y) that a person sees to be inside and outside, and the part of the picture that is inside."""

    inside: tuple[At, ...] = Field(min_length=1)
    outside: tuple[At, ...] = Field(min_length=1)
    share: float
    tolerance: float

    def check(self, answer: Mask) -> str:
        """Look at each pixel, then compare the share."""
        self._hold(answer, self.inside, True)
        self._hold(answer, self.outside, False)
        if abs(answer.share - self.share) > self.tolerance:
            raise BadAnswer(f"expected a share of {self.share:.1%} within {self.tolerance:.1%}, got {answer}")
        points = len(self.inside) + len(self.outside)
        return (
            f"all {points} pixels right, {answer.share:.1%} inside (expected {self.share:.1%} +- {self.tolerance:.1%})"
        )

    def _hold(self, answer: Mask, points: Sequence[At], wanted: bool) -> None:
        for x, y in points:
            if bool(answer.foreground[y, x]) != wanted:
                score = f"its score is {answer.scores[y, x]:.2f}"
                raise BadAnswer(f"expected pixel {(x, y)} {'inside' if wanted else 'outside'}, but {score}")
