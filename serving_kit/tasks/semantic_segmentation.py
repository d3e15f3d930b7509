"""Semantic segmentation: which class each pixel of an image belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.drawing import COLOURS
from serving_kit.tasks.pixels import Image, Normalisation, Triple, as_image, resize, to_planes
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Normalisation):
    """The image is resized to the one size the network takes, its proportions given up."""

    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    width_px: int = Field(96, gt=0)
    height_px: int = Field(96, gt=0)


class After(Parameters):
    """The first output holds one score a class and pixel; class 0 is what belongs to no other."""


@dataclass(frozen=True, slots=True)
class Segments:
    """The class of each pixel, uint8 [H, W] of the sample's size, and what the classes are called."""

    classes: NDArray[np.uint8]
    labels: tuple[str, ...]

    def share(self, label: str) -> float:
        """Return the part of the image, 0..1, that belongs to a label; BadInput for one it does not know."""
        if label not in self.labels:
            raise BadInput(f"there is no label {label!r}; the model knows {list(self.labels)}")
        return float(np.mean(self.classes == self.labels.index(label)))

    def __repr__(self) -> str:
        return f"Segments({', '.join(f'{label} {self.share(label):.1%}' for label in self.labels)})"


@task("semantic-segmentation", Before, After)
class SemanticSegmentation:
    """One sample is an image; the answer is its Segments."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as float32 [1, 3, height, width]."""
        image = as_image(sample)
        planes = to_planes(resize(image, self.before.width_px, self.before.height_px), self.before)
        return Prepared({self.source.feed: planes[None]}, context=(image.shape[1], image.shape[0]))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Segments:
        """Return the class of each pixel of the sample."""
        scores = self.source.output(outputs, rank=4)[0]
        labels = self.source.labels or tuple(map(str, range(len(scores))))
        if len(labels) != len(scores):
            raise BadInput(f"the model's answer has {len(scores)} classes, its label file {len(labels)} lines")
        classes = scores.argmax(axis=0).astype(np.uint8)
        return Segments(cv2.resize(classes, prepared.context, interpolation=cv2.INTER_NEAREST).astype(np.uint8), labels)


def paint(image: Image, segments: Segments, strength: float = 0.55) -> Image:
    """Return a copy of the image with every class but the first washed in a colour of its own."""
    palette = np.array([ImageColor.getrgb(colour) for colour in COLOURS], dtype=np.float64)
    classes = segments.classes.astype(int)
    washed = (1 - strength) * as_image(image) + strength * palette[(classes - 1) % len(palette)]
    return np.where(classes[..., None] > 0, washed, image).round().astype(np.uint8)
