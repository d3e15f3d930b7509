"""What cards expect of faces: where they are, what they look like, who is nearer to whom."""

from collections.abc import Sequence
from math import dist

from serving_kit.tasks.face import Face
from serving_kit.tasks.face_attributes import Attributes
from serving_kit.tasks.face_embedding import Embedding, similarities
from serving_kit.tasks.face_landmarks import FaceMesh
from zoo.expect.box import Box, matched
from zoo.expect.expectation import BadAnswer, Expectation, of
from zoo.expect.label import TopLabel


@of("face-cascade", "face-detection")
class Faces(Expectation):
    """Boxes around faces: each found, and no other."""

    boxes: tuple[Box, ...]
    iou: float = 0.5

    def check(self, answer: Sequence[Face]) -> str:
        """Match each box with the face that covers it best."""
        return matched([("face", box) for box in self.boxes], [("face", face.box) for face in answer], self.iou)


@of("face-landmarks")
class Landmarks(Expectation):
    """Named places of a face, each within a distance in pixels of the sample, and a face at all."""

    places: dict[str, tuple[float, float]]
    within_px: float
    score_at_least: float = 0.5

    def check(self, answer: FaceMesh) -> str:
        """Compare place by place."""
        if answer.score < self.score_at_least:
            raise BadAnswer(f"expected a face at {self.score_at_least} or more, got {answer}")
        apart = {name: dist(answer.place(name), place) for name, place in self.places.items()}
        worst = max(apart, key=lambda name: apart[name])
        if apart[worst] > self.within_px:
            found = tuple(round(side, 1) for side in answer.place(worst))
            raise BadAnswer(f"expected {worst} within {self.within_px:g} px of {self.places[worst]}, got {found}")
        return f"{len(apart)} places found, {worst} the farthest off, {apart[worst]:.1f} px (within {self.within_px:g})"


@of("face-attributes")
class Guesses(Expectation):
    """An age in a range, in years, and the label that people would give."""

    age_years: tuple[float, float]
    label: str | None = None

    def check(self, answer: Attributes) -> str:
        """Compare the mean of the ages and, where one is expected, the label."""
        low, high = self.age_years
        label = answer.label.label if answer.label else None
        if answer.age_years is None or not low <= answer.age_years <= high or label != self.label:
            wanted = f"{low:g} to {high:g} years" + (f" and {self.label!r}" if self.label else "")
            raise BadAnswer(f"expected {wanted}, got {answer}")
        return f"{answer} (expected {low:g} to {high:g} years)"


@of("face-embedding", "sentence-embedding", "speaker-embedding")
class Likeness(Expectation):
    """Pairs of the sample's faces, sentences or sounds, counted from 0, that must be alike; all others must not."""

    alike: tuple[tuple[int, int], ...]
    at_least: float
    others_at_most: float

    def check(self, answer: Sequence[Embedding]) -> str:
        """Compare the cosines of all pairs."""
        cosines = similarities(answer)
        pairs = {(i, j): float(cosines[i, j]) for i in range(len(answer)) for j in range(i + 1, len(answer))}
        alike = min((pairs.get(pair, -1.0) for pair in self.alike), default=1.0)
        others = max((cosine for pair, cosine in pairs.items() if pair not in self.alike), default=-1.0)
        if alike < self.at_least or others > self.others_at_most:
            shown = {pair: round(cosine, 2) for pair, cosine in pairs.items()}
            raise BadAnswer(
                f"expected {list(self.alike)} at {self.at_least} or more and the others at {self.others_at_most} or "
                f"less, got {shown}"
            )
        return f"alike pairs from {alike:.2f} up, others up to {others:.2f}"


@of("face-expression")
class Expression(TopLabel):
    """The expression that comes first and the score it must reach."""
