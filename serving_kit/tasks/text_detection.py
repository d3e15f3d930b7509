"""Text detection with differentiable binarisation (DB): a map of how likely each pixel is text, then boxes from it."""

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Polygon, TextBox
from serving_kit.tasks.pixels import Normalisation, as_image, resize, to_planes
from serving_kit.tasks.polygon import clockwise, reading_order
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

STRIDE_PX = 32  # sides the network can halve five times


class Before(Normalisation):
    """An image is enlarged to `shortest_px`, then shrunk to `longest_px`, and its sides rounded to multiples of 32."""

    shortest_px: int = Field(736, ge=0, description="least short side; 0 never enlarges")
    longest_px: int = Field(2016, ge=STRIDE_PX, description="greatest long side; bounds memory and time")


class After(Parameters):
    """How boxes are read off the map; the defaults are PP-OCR's."""

    threshold: float = Field(0.3, ge=0, le=1, description="a pixel above it is text")
    box_threshold: float = Field(0.5, ge=0, le=1, description="a box whose mean is below it is dropped")
    unclip_ratio: float = Field(
        1.6, ge=0, description="the network sees shrunken text: grow by area * ratio / perimeter"
    )
    shortest_px: float = Field(3, gt=0, description="boxes thinner than this on the map are dropped")
    most_boxes: int = Field(1000, gt=0)


@task("text-detection", Before, After)
class TextDetection:
    """One sample is an image; the answer is a list of TextBox in reading order."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as float32 [1, 3, H, W] with sides that are multiples of 32."""
        image = as_image(sample)
        height, width = image.shape[:2]
        factor = max(1.0, self.before.shortest_px / min(height, width))
        factor = min(factor, self.before.longest_px / max(height, width))
        resized = resize(image, _whole(width * factor), _whole(height * factor))
        return Prepared({self.source.feed: to_planes(resized, self.before)[None]}, context=(width, height))

    def probability(self, outputs: Mapping[str, Array]) -> Numbers:
        """Return the map [H, W] of the resized image: how likely each pixel is the core of a line of text."""
        first: Numbers = self.source.output(outputs, rank=4)[0, 0]
        return first

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[TextBox]:
        """Return the boxes in pixels of the sample."""
        probability, (width, height) = self.probability(outputs), prepared.context
        scale = np.array([width / probability.shape[1], height / probability.shape[0]])
        boxes = find_boxes(probability, self.after)
        return [
            replace(box, polygon=_points(np.clip(np.array(box.polygon) * scale, 0, (width, height)))) for box in boxes
        ]


def find_boxes(probability: Numbers, after: After | None = None) -> list[TextBox]:
    """Return the boxes of a map [H, W] of probabilities, in pixels of the map, in reading order."""
    after = after or After()
    if probability.ndim != 2 or not probability.size or not np.issubdtype(probability.dtype, np.floating):
        raise BadInput(f"the map is {probability.dtype} {list(probability.shape)}; give probabilities [H, W]")
    mask = (probability > after.threshold).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = []
    for contour in contours[: after.most_boxes]:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < after.shortest_px:
            continue
        score = _mean_inside(probability, cv2.boxPoints((centre, (width, height), angle)))
        if score < after.box_threshold:
            continue
        # Offsetting a rectangle outwards and taking the smallest rectangle around it is growing its two sides.
        grow = after.unclip_ratio * width * height / (width + height)
        corners = cv2.boxPoints((centre, (width + grow, height + grow), angle))
        boxes.append(TextBox(_points(clockwise(corners)), score))
    return reading_order(boxes)


def _whole(side: float) -> int:
    return max(STRIDE_PX, round(side / STRIDE_PX) * STRIDE_PX)


def _mean_inside(probability: Numbers, corners: Numbers) -> float:
    left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = np.ascontiguousarray(probability[top:bottom, left:right], dtype=np.float32)
    inside = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillPoly(inside, [(corners - (left, top)).astype(np.int32)], (1,))
    return float(cv2.mean(part, inside)[0])


def _points(corners: Numbers) -> Polygon:
    first, second, third, fourth = ((round(float(x), 1), round(float(y), 1)) for x, y in corners)
    return first, second, third, fourth
