"""Recognition of single handwritten digits, as MNIST has them: 28 x 28 grey pixels, light ink on a dark ground."""

from collections.abc import Mapping
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Label
from serving_kit.tasks.classification import best
from serving_kit.tasks.pixels import as_images
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """How a picture becomes grey numbers from 0 to 1."""

    size_px: int = Field(28, gt=0)
    ink: Literal["light", "dark"] = Field("light", description="dark: pictures are of ink on paper and are inverted")


class After(Parameters):
    """The first output is one score a digit."""


@task("digit-recognition", Before, After)
class DigitRecognition:
    """One sample is an image of one digit, or a list of such; the answer is one Label each."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return float32 [N, 1, size, size]."""
        size = self.before.size_px
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in as_images(sample)]
        pixels = np.stack([cv2.resize(one, (size, size), interpolation=cv2.INTER_AREA) for one in grey])
        if self.before.ink == "dark":
            pixels = 255 - pixels
        return Prepared({self.source.feed: pixels[:, None].astype(np.float32) / 255}, context=len(pixels))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Label]:
        """Return the digit in each image."""
        scores = self.source.output(outputs, rank=2)
        if len(scores) != prepared.context:
            raise BadInput(f"the answer has {len(scores)} rows for {prepared.context} images")
        return [best(row, self.source.labels, 1)[0] for row in scores]
