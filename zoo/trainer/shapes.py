"""Scenes of circles, squares and triangles on dark, grained ground: any number, the truth known to the pixel."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LABELS = ("circle", "square", "triangle")
SIZE_PX = 96
RADII_PX = (9, 20)
_ANGLES = {"square": np.pi / 4 + np.arange(4) * np.pi / 2, "triangle": -np.pi / 2 + np.arange(3) * 2 * np.pi / 3}
_TURN = {"square": np.pi / 12, "triangle": np.pi / 12}  # a little, either way


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape: its label, centre and radius (of the circle around it) in pixels, its turn in radians and colour."""

    label: str
    centre: tuple[float, float]
    radius: float
    turn: float
    colour: tuple[int, int, int]

    @property
    def corners(self) -> NDArray[np.float64]:
        """The outline [N, 2]; a circle has 64 corners."""
        angles = _ANGLES.get(self.label, np.arange(64) * np.pi / 32) + self.turn
        around = self.radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return np.add(around, self.centre, dtype=np.float64)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The upright box around it: left, top, right, bottom."""
        (left, top), (right, bottom) = self.corners.min(axis=0), self.corners.max(axis=0)
        return float(left), float(top), float(right), float(bottom)


@dataclass(frozen=True, slots=True)
class Scene:
    """An image, RGB uint8 [96, 96, 3], its shapes, and the class of each pixel [96, 96]: 0 is the ground."""

    image: NDArray[np.uint8]
    shapes: tuple[Shape, ...]
    mask: NDArray[np.int64]


def scene(draw: np.random.Generator, *, apart: bool = True, most: int = 4) -> Scene:
    """Return a scene of one to `most` shapes; they do not touch where `apart`, else later ones cover earlier ones."""
    ground = draw.integers(20, 80, size=3)
    shapes: list[Shape] = []
    wanted = draw.integers(1, most + 1)
    for _ in range(40):  # crowded scenes end with fewer shapes
        shape = _shape(draw)
        if len(shapes) < wanted and not (apart and any(_touch(shape, other) for other in shapes)):
            shapes.append(shape)
    return paint(draw, tuple(int(part) for part in ground), tuple(shapes))


def paint(draw: np.random.Generator, ground: tuple[int, ...], shapes: tuple[Shape, ...]) -> Scene:
    """Return the scene of given shapes on a ground of a given colour, with grain."""
    image = np.empty((SIZE_PX, SIZE_PX, 3), dtype=np.uint8)
    image[:] = ground
    mask = np.zeros((SIZE_PX, SIZE_PX), dtype=np.uint8)
    for shape in shapes:
        outline = [np.round(shape.corners * 16).astype(np.int32)]  # in sixteenths of a pixel
        cv2.fillPoly(image, outline, shape.colour, lineType=cv2.LINE_AA, shift=4)
        cv2.fillPoly(mask, outline, (LABELS.index(shape.label) + 1,), shift=4)
    grain = draw.normal(0, 8, image.shape) + draw.normal(0, 6, 3)
    return Scene(np.clip(image + grain, 0, 255).astype(np.uint8), shapes, mask.astype(np.int64))


def _shape(draw: np.random.Generator) -> Shape:
    label = LABELS[draw.integers(len(LABELS))]
    radius = float(draw.uniform(*RADII_PX))
    across, down = draw.uniform(radius + 1, SIZE_PX - radius - 1, size=2)
    turn = float(draw.uniform(-1, 1) * _TURN.get(label, 0.0))
    while True:
        colour = draw.integers(0, 256, size=3)
        if colour.max() > 150:  # the ground is darker
            red, green, blue = map(int, colour)
            return Shape(label, (float(across), float(down)), radius, turn, (red, green, blue))


def _touch(one: Shape, other: Shape) -> bool:
    return float(np.hypot(*np.subtract(one.centre, other.centre))) < one.radius + other.radius + 2
