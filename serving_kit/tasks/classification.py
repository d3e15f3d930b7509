"""Image classification: which of its classes a model sees, from the best down."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Label
from serving_kit.tasks.pixels import Image, Normalisation, as_image, resize, to_planes
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Normalisation):
    """The short side is scaled to `shortest_px`, then the middle `crop_px` x `crop_px` is kept."""

    shortest_px: int = Field(256, gt=0)
    crop_px: int = Field(224, gt=0)
    interpolation: Literal["linear", "antialias"] = Field(
        "linear", description="linear: OpenCV, as PaddleClas trains; antialias: Pillow, as torchvision trains"
    )


class After(Parameters):
    """How scores are read."""

    softmax: bool = Field(False, description="the model gives logits: turn them into probabilities")
    top: int = Field(5, gt=0, description="how many classes to answer")


@task("classification", Before, After)
class Classification:
    """One sample is an image; the answer is a list of Label, the best first."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        if before.crop_px > before.shortest_px:
            raise BadInput(f"preprocess.crop_px {before.crop_px} exceeds preprocess.shortest_px {before.shortest_px}")

    def preprocess(self, sample: object) -> Prepared:
        """Return the middle of the image as float32 [1, 3, crop, crop]."""
        middle = crop_centre(as_image(sample), self.before.shortest_px, self.before.crop_px, self.before.interpolation)
        return Prepared({self.source.feed: to_planes(middle, self.before)[None]})

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Label]:  # noqa: ARG002
        """Return the best classes; `label` is the index as text where the model has no label file."""
        scores = self.source.output(outputs, rank=2)[0]
        return best(softmax(scores) if self.after.softmax else scores, self.source.labels, self.after.top)


def crop_centre(image: Image, shortest_px: int, crop_px: int, interpolation: str = "linear") -> Image:
    """Scale the short side to `shortest_px` and return the middle square, which is all the model gets to see."""
    height, width = image.shape[:2]
    factor = shortest_px / min(height, width)
    size = max(crop_px, round(width * factor)), max(crop_px, round(height * factor))
    if interpolation == "antialias":
        resized = np.asarray(Pillow.fromarray(image).resize(size, Pillow.Resampling.BILINEAR))
    else:
        resized = resize(image, *size)
    left, top = (size[0] - crop_px) // 2, (size[1] - crop_px) // 2
    return resized[top : top + crop_px, left : left + crop_px]


def softmax(logits: Numbers) -> NDArray[np.float64]:
    """Return probabilities that sum to 1 along the last axis."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def best(scores: Numbers, labels: Sequence[str], top: int) -> list[Label]:
    """Return the `top` classes of scores [C], the best first; BadInput where labels and classes differ in number."""
    if labels and len(labels) != len(scores):
        raise BadInput(f"the model's answer has {len(scores)} classes, its label file {len(labels)} lines")
    order = np.argsort(-scores, kind="stable")[:top]
    return [Label(labels[i] if labels else str(i), int(i), float(scores[i])) for i in order]
