"""Faces: what detectors answer, and the crops that the models after them want."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from pydantic import Field

from serving_kit.tasks.answer import Answer, Point, corners
from serving_kit.tasks.pixels import Image, Normalisation, Planes, as_image, resize, to_rows

Box: TypeAlias = tuple[float, float, float, float]


class FaceCrop(Normalisation):
    """The sample is a square crop with a face in its middle; its middle part is resized to what the model takes."""

    size_px: int = Field(224, gt=0)
    middle: float = Field(1.0, gt=0, le=1, description="which share of the crop's sides the model gets to see")


@dataclass(frozen=True, slots=True, repr=False)
class Face(Answer):
    """A face in an image: `box` is (left, top, right, bottom), `points` are places in it by name.

    Left and right are those of the person who looks at us: the left eye stands at the right of an upright photo.
    """

    score: float
    box: Box
    points: tuple[tuple[str, Point], ...] = ()

    @property
    def outline(self) -> tuple[Point, ...]:
        """The corners of the box, clockwise from the top left."""
        return corners(self.box)

    @property
    def caption(self) -> str:
        """What a drawing writes beside it."""
        return f"{self.score:.2f}"

    def __repr__(self) -> str:
        left, top, right, bottom = self.box
        return f"Face(box=({left:.0f},{top:.0f},{right:.0f},{bottom:.0f}), score={self.score:.3f})"


def crop_face(image: Image, box: Box, margin: float = 0.4) -> Image:
    """Return a square around a box, its sides longer by `margin` than the box's longer one.

    What lies outside of the image repeats the image's edge.
    """
    left, top, right, bottom = box
    half = max(right - left, bottom - top) * (1 + margin) / 2
    size = max(1, round(2 * half))
    x, y = round((left + right) / 2 - half), round((top + bottom) / 2 - half)
    height, width = as_image(image).shape[:2]
    columns, rows = (np.clip(np.arange(start, start + size), 0, end - 1) for start, end in ((x, width), (y, height)))
    return np.asarray(image[rows[:, None], columns])


def turn_upright(image: Image, left_eye: Point, right_eye: Point) -> Image:
    """Return the image turned about its middle until the eyes stand level; its size stays, edges are repeated."""
    angle = np.degrees(np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]))
    height, width = as_image(image).shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(angle), 1)
    turned = cv2.warpAffine(image, turn, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return turned.astype(np.uint8, copy=False)


def middle_of(crop: object, share: float, size_px: int) -> Image:
    """Return the middle part of a crop, `share` of its sides, as a square of that size; BadInput for no image."""
    image = as_image(crop)
    height, width = image.shape[:2]
    rows, columns = (max(1, round(side * share)) for side in (height, width))
    top, left = (height - rows) // 2, (width - columns) // 2
    return resize(image[top : top + rows, left : left + columns], size_px, size_px)


def to_face_rows(crop: object, before: FaceCrop) -> Planes:
    """Return float32 [size, size, 3] of a crop; BadInput for what is no image."""
    return to_rows(middle_of(crop, before.middle, before.size_px), before)
