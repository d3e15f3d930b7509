"""Text orientation: whether a line of text stands upright or upside down."""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Label
from serving_kit.tasks.classification import best
from serving_kit.tasks.pixels import Image, Normalisation, Positive, Triple, as_images, to_line
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array

ANGLES = ("0", "180")  # degrees, as PP-OCR's classifier counts them


class Before(Normalisation):
    """Lines are scaled to one height and squeezed or padded to one width."""

    mean: Triple = (0.5, 0.5, 0.5)
    std: tuple[Positive, Positive, Positive] = (0.5, 0.5, 0.5)
    height_px: int = Field(48, gt=0)
    width_px: int = Field(192, gt=0)


class After(Parameters):
    """The model gives probabilities; the labels are "0" and "180" degrees unless spec.json names a file."""


@task("text-orientation", Before, After)
class TextOrientation:
    """One sample is an image of one line, or a list of them; the answer is a list of Label, one a line."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the lines as float32 [N, 3, height, width]."""
        images = as_images(sample)
        lines = [to_line(image, self.before.height_px, self.before.width_px, self.before) for image in images]
        return Prepared({self.source.feed: np.stack(lines)}, context=len(lines))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Label]:
        """Return each line's angle in degrees and how sure the model is of it."""
        scores = self.source.output(outputs, rank=2)
        if len(scores) != prepared.context:
            raise BadInput(f"the answer holds {len(scores)} lines; {prepared.context} were asked about")
        return [best(line, self.source.labels or ANGLES, top=1)[0] for line in scores]


def upright(image: Image, angle: Label, least_score: float = 0.9) -> Image:
    """Turn a line by 180 degrees where the classifier says so and is surer than `least_score` (PP-OCR's 0.9)."""
    turned = angle.label == "180" and angle.score > least_score
    return np.ascontiguousarray(image[::-1, ::-1]) if turned else image
