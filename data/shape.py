"""Scenes of drawn shapes, where a person knows every pixel."""

import numpy as np
from PIL import Image

from zoo.trainer.shapes import Shape, paint

GROUND = (48, 44, 60)
APART = (
    Shape("circle", (24.0, 26.0), 15.0, 0.0, (226, 170, 40)),
    Shape("triangle", (70.0, 30.0), 18.0, 0.1, (90, 190, 120)),
    Shape("square", (32.0, 70.0), 17.0, -0.1, (190, 80, 160)),
    Shape("circle", (74.0, 74.0), 10.0, 0.0, (80, 160, 230)),
)
CROWD = (
    Shape("square", (34.0, 36.0), 20.0, 0.15, (190, 80, 160)),
    Shape("circle", (52.0, 46.0), 15.0, 0.0, (226, 170, 40)),
    Shape("triangle", (66.0, 74.0), 18.0, 0.0, (90, 190, 120)),
)


def shapes_apart() -> Image.Image:
    """Return four shapes that do not touch, 96 x 96."""
    return Image.fromarray(paint(np.random.default_rng(1), GROUND, APART).image)


def shapes_in_a_crowd() -> Image.Image:
    """Return three shapes, one of them half behind another, 96 x 96."""
    return Image.fromarray(paint(np.random.default_rng(1), GROUND, CROWD).image)
