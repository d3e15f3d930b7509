"""From a text detector's map to quadrilaterals, their order, and the lines cut out along them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from serving_kit.tasks.polygon import TALL, clockwise
from serving_kit.tasks.task import Numbers
from serving_kit.tasks.text_detection import After, find_boxes

_SAME_LINE_PX = 10
_LEAST_SIDE_PX = 3

Corners = NDArray[np.float32]


class DBPostProcess:
    """`params` are `thresh` of a pixel, `box_thresh` of a box, `max_candidates`, and `unclip_ratio`: how boxes grow."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._after = After(
            threshold=params["thresh"],
            box_threshold=params["box_thresh"],
            unclip_ratio=params["unclip_ratio"],
            shortest_px=_LEAST_SIDE_PX,
            most_boxes=params["max_candidates"],
        )

    def __call__(self, pred: Numbers, ratio_list: Iterable[Sequence[float]]) -> list[NDArray[np.int16]]:
        """Return one array [boxes, 4, 2] of corners (x, y), in whole pixels of the original image, for each map.

        `pred` is [N, 1, H, W]; `ratio_list` gives (vertical, horizontal) factors from the original image to each map.
        """
        return [self._boxes(one[0], ratios) for one, ratios in zip(pred, ratio_list, strict=True)]

    def _boxes(self, probability: Numbers, ratios: Sequence[float]) -> NDArray[np.int16]:
        height, width = probability.shape
        polygons = [np.array(box.polygon) for box in find_boxes(probability.astype(np.float32), self._after)]
        wide = [polygon for polygon in polygons if _shortest(polygon) >= _LEAST_SIDE_PX + 2]
        corners = np.clip(np.round(np.reshape(wide, (-1, 4, 2))), 0, (width, height))
        return np.asarray(corners / (ratios[1], ratios[0]), dtype=np.int16)


def _shortest(polygon: Numbers) -> float:
    return float(np.linalg.norm(polygon - np.roll(polygon, -1, axis=0), axis=1).min())


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
