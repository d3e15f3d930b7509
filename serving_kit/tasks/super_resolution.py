"""Super-resolution: a picture with more pixels, from a network that has seen what small pictures were before."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.pixels import Image, Normalisation, Triple, as_image, to_rows
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Normalisation):
    """The picture goes in as it is."""

    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    most_px: int = Field(512, gt=0, description="of a side; larger pictures take memory without bound and are refused")


class After(Parameters):
    """The first output is the larger picture, scaled as the smaller one was."""


@dataclass(frozen=True, slots=True)
class Enlarged:
    """The larger picture, uint8 RGB, and the sample that it was made of."""

    image: Image
    sample: Image

    @property
    def scale(self) -> int:
        """How many pixels stand side by side where the sample has one."""
        return self.image.shape[0] // self.sample.shape[0]

    @property
    def bicubic(self) -> Image:
        """The sample made as large without a network."""
        size = self.image.shape[1::-1]
        return np.asarray(cv2.resize(self.sample, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8)

    def __repr__(self) -> str:
        (height, width), (tall, wide) = self.sample.shape[:2], self.image.shape[:2]
        return f"Enlarged({width}x{height} to {wide}x{tall})"


@task("super-resolution", Before, After)
class SuperResolution:
    """One sample is an image; the answer is Enlarged."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as float32 [1, H, W, 3]; BadInput for one that is too large."""
        image = as_image(sample)
        if max(image.shape[:2]) > self.before.most_px:
            raise BadInput(
                f"the image is {image.shape[1]} x {image.shape[0]}, {self.before.most_px} px a side are allowed; "
                "cut it up"
            )
        return Prepared({self.source.feed: to_rows(image, self.before)[None]}, context=image)

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Enlarged:
        """Return the larger picture; BadInput where it is not a whole number of times as large."""
        rows, sample = self.source.output(outputs, rank=4)[0], prepared.context
        scale = rows.shape[0] // sample.shape[0]
        if scale < 1 or rows.shape != (sample.shape[0] * scale, sample.shape[1] * scale, 3):
            raise BadInput(f"the answer is {list(rows.shape)}, no whole multiple of the image, {list(sample.shape)}")
        channels = rows * np.array(self.before.std) + np.array(self.before.mean)
        pixels = np.clip(np.round(channels * 255), 0, 255).astype(np.uint8)
        return Enlarged(np.ascontiguousarray(pixels if self.before.order == "rgb" else pixels[:, :, ::-1]), sample)
