"""Detection of a document's parts with PicoDet: an anchor-free head, scores and distances at several strides."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Region
from serving_kit.tasks.classification import softmax
from serving_kit.tasks.pixels import Normalisation, as_image, resize, to_planes
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

Floats = NDArray[np.float64]


class Before(Normalisation):
    """The image is resized to the one size the network takes, its proportions given up."""

    width_px: int = Field(608, gt=0)
    height_px: int = Field(800, gt=0)


class After(Parameters):
    """How boxes are read off the head: outputs are the scores of every stride, then the distances of every stride."""

    strides_px: tuple[int, ...] = Field((8, 16, 32, 64), min_length=1)
    least_score: float = Field(0.4, ge=0, le=1)
    overlap: float = Field(
        0.5, ge=0, le=1, description="of two boxes of a class that overlap more (IoU), the better stays"
    )
    most_regions: int = Field(100, gt=0)


@task("layout-detection", Before, After)
class LayoutDetection:
    """One sample is an image; the answer is a list of Region, the best first."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as float32 [1, 3, height, width]."""
        image = as_image(sample)
        planes = to_planes(resize(image, self.before.width_px, self.before.height_px), self.before)
        return Prepared({self.source.feed: planes[None]}, context=(image.shape[1], image.shape[0]))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Region]:
        """Return the regions in pixels of the sample."""
        levels = len(self.after.strides_px)
        aliases = [port.alias for port in self.source.spec.outputs] or list(outputs)
        heads = [outputs[alias] for alias in aliases if alias in outputs]
        if len(heads) != 2 * levels or any(head.ndim != 3 for head in heads):
            raise BadInput(
                f"the answer holds {[list(h.shape) for h in heads]}; {levels} strides give {2 * levels} of rank 3"
            )
        scores = np.concatenate([head[0] for head in heads[:levels]])
        corners = np.concatenate(
            [self._corners(head[0], stride) for head, stride in zip(heads[levels:], self.after.strides_px, strict=True)]
        )
        width, height = prepared.context
        scale = np.array([width / self.before.width_px, height / self.before.height_px] * 2)
        boxes = np.clip(corners * scale, 0, np.array([width, height] * 2))
        return self._regions(scores, boxes)

    def _corners(self, distances: Numbers, stride: int) -> Floats:
        columns, rows = -(-self.before.width_px // stride), -(-self.before.height_px // stride)
        if len(distances) != columns * rows:
            raise BadInput(
                f"the answer has {len(distances)} cells at stride {stride}; {columns} x {rows} were expected"
            )
        return to_corners(distances.astype(np.float64), columns, stride)

    def _regions(self, scores: Numbers, boxes: Floats) -> list[Region]:
        if len(scores) != len(boxes) or (self.source.labels and scores.shape[1] != len(self.source.labels)):
            expected = f"{len(boxes)} boxes and {len(self.source.labels)} labels"
            raise BadInput(f"the answer's scores have shape {list(scores.shape)}; there are {expected}")
        regions = []
        for index in range(scores.shape[1]):
            for kept in suppress(boxes, scores[:, index], self.after.least_score, self.after.overlap):
                label = self.source.labels[index] if self.source.labels else str(index)
                left, top, right, bottom = (round(float(side), 1) for side in boxes[kept])
                regions.append(Region(label, float(scores[kept, index]), (left, top, right, bottom)))
        return sorted(regions, key=lambda region: -region.score)[: self.after.most_regions]


def to_corners(distances: Floats, columns: int, stride: int) -> Floats:
    """Turn one stride's distances [cells, 4 * bins] into (left, top, right, bottom) [cells, 4], in pixels of the input.

    Each distance is a distribution over whole numbers of strides (generalised focal loss): its mean is the distance.
    """
    bins = distances.shape[1] // 4
    means = softmax(distances.reshape(-1, 4, bins)) @ np.arange(bins) * stride
    cells = np.arange(len(distances))
    centres = (np.stack([cells % columns, cells // columns], axis=1) + 0.5) * stride
    return np.concatenate([centres - means[:, :2], centres + means[:, 2:]], axis=1)


def suppress(boxes: Floats, scores: Numbers, least_score: float, overlap: float) -> list[int]:
    """Return which boxes of one class stay, the best first: none below the score, none over another that is better."""
    sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return [int(kept) for kept in cv2.dnn.NMSBoxes(sizes, scores.tolist(), least_score, overlap)]
