"""Expected places of a person's body."""

from pydantic import Field

from serving_kit.tasks.pose import Pose
from zoo.expect.expectation import BadAnswer, Expectation, of


@of("keypoint-detection")
class Places(Expectation):
    """Points by name, each at most `within_px` pixels of the image away, and what the score of each must reach."""

    points: dict[str, tuple[float, float]] = Field(min_length=1)
    within_px: float = Field(gt=0)
    score_at_least: float = 0.0

    def check(self, answer: Pose) -> str:
        """Look at the named points only."""
        found = {keypoint.name: keypoint for keypoint in answer.keypoints}
        worst = 0.0
        for name, (x, y) in self.points.items():
            keypoint = found.get(name)
            apart = ((keypoint.x - x) ** 2 + (keypoint.y - y) ** 2) ** 0.5 if keypoint else float("inf")
            if keypoint is None or not apart <= self.within_px or keypoint.score < self.score_at_least:
                raise BadAnswer(
                    f"expected {name} within {self.within_px:g} pixels of ({x:g},{y:g}) with a score of "
                    f"{self.score_at_least} or more, got {keypoint}, {apart:.0f} pixels away"
                )
            worst = max(worst, apart)
        return f"all {len(self.points)} points found, the worst {worst:.1f} pixels off (at most {self.within_px:g})"
