"""Document orientation: by which quarter turn a page of text lies wrong."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Label
from serving_kit.tasks.classification import best, crop_centre
from serving_kit.tasks.pixels import Image, Normalisation, as_image, to_planes
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array

ANGLES = ("0", "90", "180", "270")  # degrees clockwise that the page was turned by, as PaddleClas counts them


class Before(Normalisation):
    """The short side is scaled to `shortest_px`, then the middle `crop_px` x `crop_px` is kept."""

    shortest_px: int = Field(256, gt=0)
    crop_px: int = Field(224, gt=0)


class After(Parameters):
    """The model gives probabilities; the labels are degrees unless spec.json names a file."""


@task("document-orientation", Before, After)
class DocumentOrientation:
    """One sample is an image of a page; the answer is a list of Label, all four angles, the likeliest first."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        if before.crop_px > before.shortest_px:
            raise BadInput(f"preprocess.crop_px {before.crop_px} exceeds preprocess.shortest_px {before.shortest_px}")

    def preprocess(self, sample: object) -> Prepared:
        """Return the middle of the page as float32 [1, 3, crop, crop]."""
        middle = crop_centre(as_image(sample), self.before.shortest_px, self.before.crop_px)
        return Prepared({self.source.feed: to_planes(middle, self.before)[None]})

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Label]:  # noqa: ARG002
        """Return the angles that the page may have been turned by, and how likely each is."""
        scores = self.source.output(outputs, rank=2)[0]
        return best(scores, self.source.labels or ANGLES, top=len(scores))


def turned_back(page: Image, angle: Label) -> Image:
    """Turn a page back, so that it is upright; BadInput where the label is no quarter turn."""
    if angle.label not in ANGLES:
        raise BadInput(f"{angle.label!r} is no angle of a page; give one of {', '.join(ANGLES)}")
    return np.ascontiguousarray(np.rot90(page, ANGLES.index(angle.label)))
