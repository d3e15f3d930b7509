"""Films rendered from photos: a camera that moves over each, and changes of shots whose frames are known."""

from pathlib import Path

import numpy as np
from PIL import Image

from serving_kit.codecs.video import Frames

SIZE_PX = (192, 108)
DISSOLVE = 8  # frames in which one shot turns into the next

Place = tuple[float, float, float]  # the middle of what is seen, and its width, all as parts of the photo's width


def three_changes(first: Path, second: Path, third: Path, fourth: Path) -> Frames:
    """Return 50 frames, uint8 [50, 108, 192, 3]: cuts before frames 14 and 27, a dissolve from frame 36 to 43."""
    shots = [
        move(first, (0.40, 0.30, 0.60), (0.46, 0.30, 0.50), 14),
        move(second, (0.45, 0.30, 0.70), (0.55, 0.34, 0.70), 13),
        move(third, (0.50, 0.35, 0.80), (0.50, 0.35, 0.70), 9 + DISSOLVE),
        move(fourth, (0.40, 0.40, 0.70), (0.50, 0.40, 0.70), DISSOLVE + 6),
    ]
    return np.concatenate([*shots[:2], dissolve(shots[2], shots[3], DISSOLVE)])


def move(photo: Path, start: Place, end: Place, frames: int) -> Frames:
    """Return a camera's way over a photo, uint8 [frames, 108, 192, 3]."""
    with Image.open(photo) as opened:
        picture = opened.convert("RGB")
    ways = np.linspace(start, end, frames) * picture.width
    return np.stack([_seen(picture, *way) for way in ways])


def dissolve(before: Frames, after: Frames, length: int) -> Frames:
    """Return two shots, the last `length` frames of the one blended into the first of the other."""
    weights = (np.arange(1, length + 1) / (length + 1))[:, None, None, None]
    kept = len(before) - length
    blended = before[kept:] * (1 - weights) + after[:length] * weights
    return np.concatenate([before[:kept], blended.round().astype(np.uint8), after[length:]])


def _seen(picture: Image.Image, x: float, y: float, width: float) -> Frames:
    height = width * SIZE_PX[1] / SIZE_PX[0]
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return np.asarray(picture.resize(SIZE_PX, Image.Resampling.BILINEAR, box=box))
