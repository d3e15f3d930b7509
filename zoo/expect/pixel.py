"""Expected classes of pixels, told by points that a person can name and by the part of the picture a class takes."""

from pydantic import Field

from serving_kit.tasks.semantic_segmentation import Segments
from zoo.expect.expectation import BadAnswer, Expectation, of


class ExpectedPoint(Expectation):
    """A label and a pixel (x, y) that belongs to it."""

    label: str
    at: tuple[int, int]


@of("semantic-segmentation")
class Pixels(Expectation):
    """Points with their labels, and the part of the picture, 0..1, that each label takes within `tolerance`."""

    points: tuple[ExpectedPoint, ...] = Field(min_length=1)
    shares: dict[str, float]
    tolerance: float

    def check(self, answer: Segments) -> str:
        """Look at each point, then compare the shares."""
        for point in self.points:
            got = answer.labels[answer.classes[point.at[1], point.at[0]]]
            if got != point.label:
                raise BadAnswer(f"expected {point.label} at {point.at}, got {got}")
        apart = {label: abs(answer.share(label) - share) for label, share in self.shares.items()}
        worst = max(apart, key=lambda label: apart[label])
        if apart[worst] > self.tolerance:
            raise BadAnswer(f"expected {worst} on {self.shares[worst]:.1%} of the picture, got {answer}")
        return f"all {len(self.points)} points right, shares off by {apart[worst]:.4f} (allowed {self.tolerance:g})"
