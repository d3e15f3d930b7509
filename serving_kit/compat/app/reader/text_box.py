"""From a text detector's map to quadrilaterals, their order, and the lines cut out along them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from serving_kit.tasks.polygon import TALL, clockwise
from serving_kit.tasks.task import Numbers

_SAME_LINE_PX = 10
_LEAST_SIDE_PX = 3
_CIRCLE = np.exp(2j * np.pi * np.arange(64) / 64).view(np.float64).reshape(-1, 2)

Corners = NDArray[np.float32]


class DBPostProcess:
    """`params` are `thresh` of a pixel, `box_thresh` of a box, `max_candidates`, and `unclip_ratio`: how boxes grow.

    It rounds as Paddle Serving did, in other places than `serving_kit.tasks.text_detection`.
    """

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.thresh = params["thresh"]
        self.box_thresh = params["box_thresh"]
        self.max_candidates = params["max_candidates"]
        self.unclip_ratio = params["unclip_ratio"]

    def __call__(self, pred: Numbers, ratio_list: Iterable[Sequence[float]]) -> list[NDArray[np.int16]]:
        """Return one array [boxes, 4, 2] of corners (x, y), in whole pixels of the original image, for each map.

        `pred` is [N, 1, H, W]; `ratio_list` gives (vertical, horizontal) factors from the original image to each map.
        """
        return [
            self._boxes(np.asarray(one[0], np.float32), ratios) for one, ratios in zip(pred, ratio_list, strict=True)
        ]

    def _boxes(self, probability: Corners, ratios: Sequence[float]) -> NDArray[np.int16]:
        mask = (probability > self.thresh).astype(np.uint8)
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        found = [self._box(probability, contour) for contour in contours[: self.max_candidates]]
        height, width = probability.shape
        boxes = np.reshape([box for box in found if box is not None], (-1, 4, 2))
        return np.asarray(np.clip(np.round(boxes), 0, (width, height)) / (ratios[1], ratios[0]), dtype=np.int16)

    def _box(self, probability: Corners, contour: Any) -> Corners | None:
        corners, side = _rectangle(contour)
        if side < _LEAST_SIDE_PX or _mean_inside(probability, corners) <= self.box_thresh:
            return None
        # Paddle Serving's polygon library counted in whole pixels, before growing a box and after.
        distance = cv2.contourArea(corners) * self.unclip_ratio / cv2.arcLength(corners, closed=True)
        grown = np.round(np.trunc(corners)[:, None] + distance * _CIRCLE).reshape(-1, 2)
        corners, side = _rectangle(grown.astype(np.float32))
        return corners if side >= _LEAST_SIDE_PX + 2 else None


def _rectangle(points: Any) -> tuple[Corners, float]:
    """Return the smallest rectangle around points: its corners, clockwise from the top left, and its short side."""
    rectangle = cv2.minAreaRect(points)
    return clockwise(cv2.boxPoints(rectangle)).astype(np.float32), min(rectangle[1])


def _mean_inside(probability: Corners, corners: Corners) -> float:
    left, top = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = np.ascontiguousarray(probability[top:bottom, left:right])
    inside = np.zeros(part.shape, dtype=np.uint8)
    cv2.fillPoly(inside, [(corners - (left, top)).astype(np.int32)], (1,))
    return float(cv2.mean(part, inside)[0])


class FilterBoxes:
    """Drops boxes that are not wider than `width` and higher than `height`, in pixels."""

    def __init__(self, width: float, height: float) -> None:
        self.filter_width = width
        self.filter_height = height

    def __call__(self, dt_boxes: Iterable[Numbers], image_shape: Sequence[int]) -> Corners:
        """Return float32 [boxes, 4, 2], clockwise from the top left and within an image of (height, width, ...)."""
        height, width = image_shape[:2]
        kept = []
        for box in dt_boxes:
            corners = np.trunc(np.clip(clockwise(np.asarray(box, dtype=np.float32)), 0, (width - 1, height - 1)))
            sides = np.linalg.norm(corners[0] - corners[1]), np.linalg.norm(corners[0] - corners[3])
            if int(sides[0]) > self.filter_width and int(sides[1]) > self.filter_height:
                kept.append(corners)
        return np.array(kept, dtype=np.float32)


class SortedBoxes:
    """Puts boxes into reading order: by their first corner, from the top, and within a line from the left."""

    def __call__(self, dt_boxes: Sequence[Numbers]) -> list[Numbers]:
        """Return the boxes; neighbours less than 10 pixels apart in height are one line."""
        boxes = sorted(dt_boxes, key=lambda box: (box[0][1], box[0][0]))
        for index in range(len(boxes) - 1):
            one, other = boxes[index], boxes[index + 1]
            if abs(other[0][1] - one[0][1]) < _SAME_LINE_PX and other[0][0] < one[0][0]:
                boxes[index], boxes[index + 1] = other, one
        return boxes


class GetRotateCropImage:
    """Cuts a quadrilateral out of an image and lays it flat."""

    def __call__(self, img: Numbers, points: Numbers) -> Numbers:
        """Return the line under the corners [4, 2], clockwise from the top left.

        One at least 1.5 times higher than wide is turned by 90 degrees counter-clockwise.
        """
        first = points.min(axis=0).astype(int)
        right, bottom = points.max(axis=0).astype(int)
        within = np.ascontiguousarray(img[first[1] : bottom, first[0] : right])
        corners = (points - first).astype(np.float32)
        width, height = (max(1, int(np.linalg.norm(corners[0] - corners[other]))) for other in (1, 3))
        flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        matrix = cv2.getPerspectiveTransform(corners, flat)
        line = cv2.warpPerspective(within, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
        return np.rot90(line) if height / width >= TALL else line
