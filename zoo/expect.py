"""What a model must answer to its example, by task, and whether an answer is that."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from serving_kit.errors import BadInput
from serving_kit.tasks import Label, Region, Text, TextBox, Word

Box = tuple[float, float, float, float]


class BadAnswer(AssertionError):
    """The model answered something else than its card expects."""


class Expectation(BaseModel):
    """Base of what cards may expect; `check` returns the evidence or raises BadAnswer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def check(self, answer: Any) -> str:
        """Return in words how the answer fits."""
        raise NotImplementedError


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


class ReadText(Expectation):
    """The text of one line, letter by letter."""

    text: str
    score_at_least: float = 0.0

    def check(self, answer: Sequence[Text] | Text) -> str:
        """Compare the whole text."""
        first = answer if isinstance(answer, Text) else answer[0] if answer else None
        if first is None or first.text != self.text or first.score < self.score_at_least:
            raise BadAnswer(f"expected {self.text!r} at {self.score_at_least} or more, got {first}")
        return f"{first.text!r} at {first.score:.3f} (expected at least {self.score_at_least})"


class TaggedWords(Expectation):
    """The words of a sentence with their tags, as `word/tag word/tag`."""

    words: str

    def check(self, answer: Sequence[Sequence[Word]]) -> str:
        """Compare word by word; sentences are joined."""
        got = " ".join(f"{word.word}/{word.tag}" for sentence in answer for word in sentence)
        if got != self.words:
            raise BadAnswer(f"expected {self.words!r}, got {got!r}")
        return f"all {len(self.words.split())} words and tags right"


class TextBoxes(Expectation):
    """Upright boxes (left, top, right, bottom) around lines of text: each found, and no other."""

    boxes: tuple[Box, ...]
    iou: float = 0.5

    def check(self, answer: Sequence[TextBox]) -> str:
        """Match each box with the best polygon's upright box."""
        found = [("text", _upright(text.polygon)) for text in answer]
        return _matched([("text", box) for box in self.boxes], found, self.iou)


class ExpectedRegion(Expectation):
    """A region by label and box."""

    label: str
    box: Box


class Regions(Expectation):
    """Labelled boxes of a page or a scene: each found, and no other."""

    regions: tuple[ExpectedRegion, ...]
    iou: float = 0.5

    def check(self, answer: Sequence[Region]) -> str:
        """Match each region with the best of its label."""
        found = [(region.label, region.box) for region in answer]
        return _matched([(region.label, region.box) for region in self.regions], found, self.iou)


def _matched(wanted: Sequence[tuple[str, Box]], found: Sequence[tuple[str, Box]], iou: float) -> str:
    worst = 1.0
    for label, box in wanted:
        best = max((_iou(box, other) for name, other in found if name == label), default=0.0)
        if best < iou:
            raise BadAnswer(f"expected {label} at {list(box)} with IoU {iou} or more, the best has {best:.2f}: {found}")
        worst = min(worst, best)
    if len(found) != len(wanted):
        raise BadAnswer(f"expected {len(wanted)} boxes, got {len(found)}: {found}")
    return f"all {len(wanted)} boxes found, the worst with IoU {worst:.2f} (expected at least {iou})"


def _upright(polygon: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in polygon], [y for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


def _iou(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


_BY_TASK: dict[str, type[Expectation]] = {
    "classification": TopLabel,
    "layout-detection": Regions,
    "lexical-analysis": TaggedWords,
    "regression": Values,
    "text-detection": TextBoxes,
    "text-orientation": TopLabel,
    "text-recognition": ReadText,
}


def read(task: str, values: Mapping[str, Any]) -> Expectation:
    """Return the `expect` of a card as its task compares it; BadInput names the field."""
    if task not in _BY_TASK:
        raise BadInput(f"no answer of task {task!r} can be expected; leave example.expect out")
    try:
        return _BY_TASK[task].model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(["example.expect", *map(str, first["loc"])])
        raise BadInput(f"field {field}: {first['msg']}") from None
