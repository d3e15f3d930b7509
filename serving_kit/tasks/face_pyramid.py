"""One picture in many sizes on one canvas, so that a network that knows faces of one size finds them of every size."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput
from serving_kit.tasks.pixels import Image
from serving_kit.tasks.task import Numbers

Floats = NDArray[np.float64]

WINDOW_PX = 12  # what the proposing network looks at, for each of its answers
STRIDE_PX = 2  # from one answer to the next


@dataclass(frozen=True)
class Level:
    """The picture at one scale, and the column of the canvas where it begins: an even one, as the strides want."""

    scale: float
    left: int
    width: int
    height: int


def levels(width: int, height: int, least_px: int, shrink: float) -> list[Level]:
    """Return the sizes at which faces of `least_px` and more become as large as the window, side by side.

    BadInput where the picture is smaller than the least face.
    """
    found: list[Level] = []
    scale, left = WINDOW_PX / least_px, 0
    while min(width, height) * scale >= WINDOW_PX:
        level = Level(scale, left, int(width * scale) + 1, int(height * scale) + 1)
        found.append(level)
        left += level.width + level.width % 2
        scale *= shrink
    if not found:
        raise BadInput(f"the image is {width} x {height} px, less than a face of {least_px} px; lower least_px")
    return found


def draw(image: Image, pyramid: Sequence[Level]) -> Image:
    """Return the canvas: every level's picture in a row, grey where there is none."""
    last = pyramid[-1]
    canvas = np.full((pyramid[0].height, last.left + last.width, 3), 127, np.uint8)
    for level in pyramid:
        resized = cv2.resize(image, (level.width, level.height), interpolation=cv2.INTER_AREA)
        canvas[: level.height, level.left : level.left + level.width] = resized
    return canvas


def windows(level: Level, odds: Numbers, edges: Numbers, least: float) -> tuple[Floats, Floats, Floats]:
    """Return the windows of one level that hold a face: boxes [N, 4] in pixels of the picture, scores, edges [N, 4].

    `odds` [h, w] and `edges` [4, h, w] are of the whole canvas; windows that reach into a neighbour do not count.
    """
    first = level.left // STRIDE_PX
    columns = max(0, (level.width - WINDOW_PX) // STRIDE_PX + 1)
    rows = max(0, (level.height - WINDOW_PX) // STRIDE_PX + 1)
    within = odds[:rows, first : first + columns]
    ys, xs = np.nonzero(within >= least)
    corner = np.stack([xs, ys], axis=1) * STRIDE_PX
    boxes = np.concatenate([(corner + 1) / level.scale, (corner + WINDOW_PX) / level.scale], axis=1)
    return boxes, within[ys, xs].astype(np.float64), edges[:, ys, xs + first].T.astype(np.float64)
