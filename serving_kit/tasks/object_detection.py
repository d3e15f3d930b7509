"""Detection of objects in photos with an anchor-free head: scores and distances at several strides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Region
from serving_kit.tasks.keypoint_detection import centre
from serving_kit.tasks.layout_detection import suppress, to_corners
from serving_kit.tasks.pixels import Normalisation, as_image, resize, to_planes
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

Floats = NDArray[np.float64]


class Before(Normalisation):
    """The image is resized to the square that the network takes."""

    size_px: int = Field(416, gt=0)
    fit: Literal["stretch", "centre"] = Field(
        "stretch", description="its proportions given up, or kept in the middle of a black square"
    )


class After(Parameters):
    """How boxes are read off the head: outputs are the scores of every stride, then the distances of every stride."""

    strides_px: tuple[int, ...] = Field((8, 16, 32), min_length=1)
    least_score: float = Field(0.35, ge=0, le=1)
    overlap: float = Field(
        0.6, ge=0, le=1, description="of two boxes of a class that overlap more (IoU), the better stays"
    )
    most_objects: int = Field(100, gt=0)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a sample of (width, height) lies in the square: its pixels to one of the square's, and its top left."""

    size: tuple[int, int]
    scale: tuple[float, float]
    corner: tuple[int, int]

    def in_sample(self, corners: Floats) -> Floats:
        """Turn corners [N, 4] in pixels of the square into the sample's, cut off at its edges."""
        moved = (corners - np.tile(self.corner, 2)) * np.tile(self.scale, 2)
        inside: Floats = np.clip(moved, 0, np.tile(self.size, 2))
        return inside


@task("object-detection", Before, After)
class ObjectDetection:
    """One sample is an image; the answer is a list of Region, the best first."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as float32 [1, 3, height, width]."""
        image = as_image(sample)
        size, (height, width) = self.before.size_px, image.shape[:2]
        if self.before.fit == "centre":
            square, scale, corner = centre(image, size)
            placed = Placed((width, height), (scale, scale), corner)
        else:
            square, placed = resize(image, size, size), Placed((width, height), (width / size, height / size), (0, 0))
        return Prepared({self.source.feed: to_planes(square, self.before)[None]}, context=placed)

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Region]:
        """Return the objects in pixels of the sample."""
        scores, corners = self.candidates(outputs)
        if self.source.labels and scores.shape[1] != len(self.source.labels):
            raise BadInput(
                f"the answer has {scores.shape[1]} classes, the model's labels are {len(self.source.labels)}"
            )
        boxes = prepared.context.in_sample(corners)
        found = [
            self._region(index, float(scores[kept, index]), boxes[kept])
            for index in range(scores.shape[1])
            for kept in suppress(boxes, scores[:, index], self.after.least_score, self.after.overlap)
        ]
        return sorted(found, key=lambda region: -region.score)[: self.after.most_objects]

    def candidates(self, outputs: Mapping[str, Array]) -> tuple[Numbers, Floats]:
        """Return what every cell says: scores [cells, classes] and corners [cells, 4] in pixels of the input.

        BadInput where the outputs are not two of rank 3 a stride, or have another number of cells.
        """
        levels = len(self.after.strides_px)
        aliases = [port.alias for port in self.source.spec.outputs] or list(outputs)
        heads = [outputs[alias] for alias in aliases if alias in outputs]
        columns = [-(-self.before.size_px // stride) for stride in self.after.strides_px]
        cells = [side**2 for side in columns]
        if [head.ndim for head in heads] != [3] * 2 * levels or [head.shape[1] for head in heads] != cells * 2:
            shapes = [list(head.shape) for head in heads]
            raise BadInput(f"the answer holds {shapes}; scores and distances of {cells} cells were expected")
        corners = [
            to_corners(head[0].astype(np.float64), side, stride)
            for head, side, stride in zip(heads[levels:], columns, self.after.strides_px, strict=True)
        ]
        return np.concatenate([head[0] for head in heads[:levels]]), np.concatenate(corners)

    def _region(self, index: int, score: float, box: Floats) -> Region:
        left, top, right, bottom = (round(float(side), 1) for side in box)
        label = self.source.labels[index] if self.source.labels else str(index)
        return Region(label, score, (left, top, right, bottom))
