"""Expected boxes, by how much they overlap with the found ones (intersection over union)."""

from collections.abc import Sequence

from serving_kit.tasks import Region, TextBox
from zoo.expect.expectation import BadAnswer, Expectation, of

Box = tuple[float, float, float, float]


@of("text-detection")
class TextBoxes(Expectation):
    """Upright boxes (left, top, right, bottom) around lines of text: each found, and no other."""

    boxes: tuple[Box, ...]
    iou: float = 0.5

    def check(self, answer: Sequence[TextBox]) -> str:
        """Match each box with the best polygon's upright box."""
        found = [("text", upright(text.polygon)) for text in answer]
        return matched([("text", box) for box in self.boxes], found, self.iou)


class ExpectedRegion(Expectation):
    """A region by label and box."""

    label: str
    box: Box


@of("layout-detection")
class Regions(Expectation):
    """Labelled boxes of a page or a scene: each found, and no other."""

    regions: tuple[ExpectedRegion, ...]
    iou: float = 0.5

    def check(self, answer: Sequence[Region]) -> str:
        """Match each region with the best of its label."""
        found = [(region.label, region.box) for region in answer]
        return matched([(region.label, region.box) for region in self.regions], found, self.iou)


def matched(wanted: Sequence[tuple[str, Box]], found: Sequence[tuple[str, Box]], iou: float) -> str:
    """Return how labelled boxes fit the wanted ones, one to one; BadAnswer for one too few or too many."""
    worst = 1.0
    for label, box in wanted:
        best = max((_iou(box, other) for name, other in found if name == label), default=0.0)
        if best < iou:
            raise BadAnswer(f"expected {label} at {list(box)} with IoU {iou} or more, the best has {best:.2f}: {found}")
        worst = min(worst, best)
    if len(found) != len(wanted):
        raise BadAnswer(f"expected {len(wanted)} boxes, got {len(found)}: {found}")
    return f"all {len(wanted)} boxes found, the worst with IoU {worst:.2f} (expected at least {iou})"


def upright(polygon: Sequence[tuple[float, float]]) -> Box:
    """Return the upright box around a polygon."""
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def _iou(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)
