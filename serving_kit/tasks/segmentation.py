"""Segmentation into foreground and background: how sure each pixel is to belong to what the model looks for."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.pixels import Image, Normalisation, Planes, Triple, as_image, resize, to_rows
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Normalisation):
    """The image is resized to the one size the network takes, its proportions given up."""

    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    width_px: int = Field(256, gt=0)
    height_px: int = Field(256, gt=0)


class After(Parameters):
    """From which score on a pixel belongs to the foreground."""

    least_score: float = Field(0.5, ge=0, le=1)


@dataclass(frozen=True, slots=True)
class Mask:
    """How sure each pixel of the sample is to be foreground, float32 [H, W] in 0..1, and from where on it counts."""

    scores: Planes
    least_score: float

    @property
    def foreground(self) -> NDArray[np.bool_]:
        """The pixels that count, bool [H, W]."""
        return self.scores >= self.least_score

    @property
    def share(self) -> float:
        """The part of the picture that is foreground, 0..1."""
        return float(self.foreground.mean())

    def __repr__(self) -> str:
        height, width = self.scores.shape
        return f"Mask({width}x{height}, {self.share:.1%} foreground)"


@task("segmentation", Before, After)
class Segmentation:
    """One sample is an image; the answer is its Mask."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as float32 [1, height, width, 3]."""
        image = as_image(sample)
        rows = to_rows(resize(image, self.before.width_px, self.before.height_px), self.before)
        return Prepared({self.source.feed: rows[None]}, context=(image.shape[1], image.shape[0]))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Mask:
        """Return the mask in the size of the sample."""
        scores = self.source.output(outputs, rank=4)[0]
        if scores.shape[2] != 1:
            raise BadInput(f"the answer has {scores.shape[2]} channels; a mask has one")
        enlarged = cv2.resize(scores[:, :, 0], prepared.context, interpolation=cv2.INTER_LINEAR)
        return Mask(np.asarray(enlarged, dtype=np.float32), self.after.least_score)


def blend(image: Image, mask: Mask, background: Image) -> Image:
    """Return the foreground of one image before another of the same size; a pixel half sure is half of each."""
    if as_image(image).shape != as_image(background).shape or image.shape[:2] != mask.scores.shape:
        raise BadInput(
            f"the image is {list(image.shape)}, its background {list(background.shape)}, its mask "
            f"{list(mask.scores.shape)}; make them one size"
        )
    weight = mask.scores[..., None]
    return (image * weight + background * (1 - weight)).round().astype(np.uint8)


def cut_out(image: Image, mask: Mask, colour: tuple[int, int, int] = (255, 255, 255)) -> Image:
    """Return the foreground before a plain colour (red, green, blue)."""
    return blend(image, mask, np.full_like(as_image(image), colour))


def blur_background(image: Image, mask: Mask, sigma_px: float = 12) -> Image:
    """Return the image sharp where it is foreground, else blurred by a Gaussian of this width."""
    blurred = cv2.GaussianBlur(as_image(image), (0, 0), sigma_px)
    return blend(image, mask, np.asarray(blurred, dtype=np.uint8))
