"""Drawing poses onto a copy of the image they are about: the left side blue, the right side red, the middle dark."""

from collections.abc import Sequence

import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw

from serving_kit.tasks.pixels import Image, as_image
from serving_kit.tasks.pose import Keypoint, Pose

LEFT, RIGHT, MIDDLE = "#0067a5", "#c4451c", "#444444"


def draw_poses(image: Image, poses: Sequence[Pose], *, least_score: float = 0.3) -> Image:
    """Return a copy of the image with bones and points; what scores less is left out."""
    picture = Pillow.fromarray(as_image(image))
    pen, width = ImageDraw.Draw(picture), max(2, round(max(picture.size) / 160))
    for pose in poses:
        bones = pose.bones(least_score)
        for colour, wider in (("white", 2), (None, 0)):
            for a, b in bones:
                pen.line((a.point, b.point), fill=colour or _colour(a, b), width=width + wider)
        for keypoint in pose.keypoints:
            if keypoint.score >= least_score:
                _dot(pen, keypoint, width)
    return np.array(picture)


def _dot(pen: ImageDraw.ImageDraw, keypoint: Keypoint, radius: float) -> None:
    (x, y), colour = keypoint.point, _colour(keypoint, keypoint)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline="white")


def _colour(one: Keypoint, other: Keypoint) -> str:
    sides = {keypoint.name.partition("_")[0] for keypoint in (one, other)}
    return LEFT if sides == {"left"} else RIGHT if sides == {"right"} else MIDDLE
