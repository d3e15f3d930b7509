"""Handwritten digits as pictures."""

from pathlib import Path

import numpy as np
from PIL import Image

SEVEN = 3536  # a row that zoo/trainer/digits.py holds out under the card's seed


def seven(table: Path) -> Image.Image:
    """Return a 7 of MNIST, 28 x 28, light ink on a dark ground."""
    row = np.loadtxt(table, delimiter=",", dtype=np.uint8, skiprows=SEVEN, max_rows=1)
    return Image.fromarray(row[:-1].reshape(28, 28)).convert("RGB")
