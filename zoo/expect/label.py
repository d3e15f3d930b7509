"""Expected labels of classifiers."""

from collections.abc import Sequence

from serving_kit.tasks import Label
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("classification", "document-orientation", "file-type", "text-orientation")
class TopLabel(Expectation):
    """The first label of a classifier and the score it must reach."""

    label: str
    score_at_least: float = 0.0

    def check(self, answer: Sequence[Label]) -> str:
        """Look at the first label only."""
        first = answer[0] if answer else None
        if first is None or first.label != self.label or first.score < self.score_at_least:
            raise BadAnswer(f"expected {self.label!r} at {self.score_at_least} or more, got {first}")
        return f"{first.label!r} at {first.score:.3f} (expected at least {self.score_at_least})"
