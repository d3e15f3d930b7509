"""Facial expression: which of a few expressions a face shows, in shades of grey."""

from collections.abc import Mapping

import cv2
import numpy as np
from pydantic import Field

from serving_kit.tasks.answer import Label
from serving_kit.tasks.classification import best
from serving_kit.tasks.face import middle_of
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """The sample is a square crop with a face in its middle; it is made grey and scaled to -1..1."""

    size_px: int = Field(64, gt=0)
    middle: float = Field(1.0, gt=0, le=1, description="which share of the crop's sides the model gets to see")


class After(Parameters):
    """How scores are read."""

    top: int = Field(7, gt=0, description="how many expressions to answer")


@task("face-expression", Before, After)
class FaceExpression:
    """One sample is a crop of a face; the answer is a list of Label, the best first."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the crop as float32 [1, size, size, 1]."""
        seen = middle_of(sample, self.before.middle, self.before.size_px)
        grey = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return Prepared({self.source.feed: (grey / np.float32(127.5) - 1)[None, :, :, None]})

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Label]:  # noqa: ARG002
        """Return the expressions; scores sum to 1, so each is only ever relative to the others."""
        return best(self.source.output(outputs, rank=2)[0], self.source.labels, self.after.top)
