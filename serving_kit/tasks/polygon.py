"""Quadrilaterals around lines of text: their corners' order, the order people read them in, and cutting them out."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import TextBox
from serving_kit.tasks.pixels import Image, as_image
from serving_kit.tasks.task import Numbers

TALL = 1.5  # height to width of a line that runs downwards (Paddle Serving's GetRotateCropImage)


def clockwise(corners: Numbers) -> Numbers:
    """Order the four corners [4, 2] of a rectangle clockwise, from the one at the top left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = (side[np.argsort(side[:, 1], kind="stable")] for side in (by_x[:2], by_x[2:]))
    return np.stack([left[0], right[0], right[1], left[1]])


def reading_order(boxes: Sequence[TextBox]) -> list[TextBox]:
    """Sort boxes line by line from the top, each line from the left.

    A box belongs to the line above it where its middle lies in the upper half of that line's first box or higher.
    """
    lines: list[list[TextBox]] = []
    for box in sorted(boxes, key=_middle):
        if lines and _middle(box) - _middle(lines[-1][0]) < _height(lines[-1][0]) / 2:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [box for line in lines for box in sorted(line, key=lambda one: one.polygon[0][0])]


def crop(image: Image, polygon: ArrayLike) -> Image:
    """Cut a quadrilateral [4, 2] (clockwise from the top left) out of an image and lay it flat.

    A crop at least 1.5 times higher than wide is turned by 90 degrees counter-clockwise, so that its line runs along x.
    """
    corners = np.asarray(polygon, dtype=np.float32)
    if corners.shape != (4, 2) or not np.isfinite(corners).all():
        raise BadInput(f"the polygon has shape {list(corners.shape)}; give four corners (x, y)")
    top, right, bottom, left = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = max(1, round(max(top, bottom))), max(1, round(max(left, right)))
    flat = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(corners, flat)
    cut = cv2.warpPerspective(
        as_image(image), matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.uint8, copy=False)
    return np.ascontiguousarray(np.rot90(cut)) if height >= TALL * width else cut


def _middle(box: TextBox) -> float:
    return sum(y for _, y in box.polygon) / 4


def _height(box: TextBox) -> float:
    (_, top_left), (_, top_right), (_, bottom_right), (_, bottom_left) = box.polygon
    return (bottom_left + bottom_right - top_left - top_right) / 2
