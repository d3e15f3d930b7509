"""Keypoints of one person: where joints and other places of the body lie in an image."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.pixels import Image, Normalisation, as_image, resize, to_rows
from serving_kit.tasks.pose import LAYOUTS, Keypoint, Pose
from serving_kit.tasks.pose_decoding import DECODERS
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Normalisation):
    """The image is scaled until its longer side fits, and stands in the middle of a black square.

    A model whose input is int32 gets pixels as they are, 0 to 255.
    """

    size_px: int = Field(256, gt=0)


class After(Parameters):
    """How points are read off the outputs; each decoder reads its own by alias."""

    layout: Literal["coco", "blazepose", "mpii"] = Field("coco", description="which points there are: 17, 33 or 16")
    decoder: Literal["shares", "landmarks", "vectors", "peaks"] = Field(
        "shares", description="MoveNet's, BlazePose's, PoseNet's or EfficientPose's way to say where they lie"
    )
    presence: str | None = Field(
        None, description="the output, by alias, that says whether anybody is there; without it points' mean score does"
    )


@task("keypoint-detection", Before, After)
class KeypointDetection:
    """One sample is an image; the answer is the Pose of the one person in it."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as [1, size, size, 3], float32 or int32; the context is how it was scaled and shifted."""
        image = as_image(sample)
        square, scale, corner = centre(image, self.before.size_px)
        integers = bool(self.source.spec.inputs) and self.source.spec.inputs[0].dtype == "int32"
        rows: Array = square.astype(np.int32) if integers else to_rows(square, self.before)
        return Prepared({self.source.feed: rows[None]}, context=(scale, corner))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> Pose:
        """Return the pose in pixels of the sample; points may lie outside of it."""
        names, decoder = LAYOUTS[self.after.layout].points, DECODERS[self.after.decoder]
        missing = [alias for alias in decoder.aliases if alias not in outputs]
        if missing:
            raise BadInput(f"the answer lacks {missing}, which decoder {self.after.decoder!r} reads: {sorted(outputs)}")
        heads = [outputs[alias] for alias in decoder.aliases]
        table = decoder.decode(heads, len(names), self.before.size_px)
        scale, (left, top) = prepared.context
        points = (table - [left, top, 0, 0]) * [scale, scale, 1, scale]
        keypoints = tuple(Keypoint(name, *(float(n) for n in row)) for name, row in zip(names, points, strict=True))
        return Pose(keypoints, self._score(outputs, keypoints), self.after.layout)

    def _score(self, outputs: Mapping[str, Array], keypoints: tuple[Keypoint, ...]) -> float:
        if self.after.presence is None:
            return float(np.mean([keypoint.score for keypoint in keypoints]))
        if self.after.presence not in outputs or outputs[self.after.presence].size != 1:
            raise BadInput(f"the answer has no single number {self.after.presence!r}; it holds {sorted(outputs)}")
        return float(np.asarray(outputs[self.after.presence], dtype=np.float64).ravel()[0])


def centre(image: Image, size_px: int) -> tuple[Image, float, tuple[int, int]]:
    """Return the image in the middle of a black square, its pixels to one of the square's, and its top left corner."""
    height, width = image.shape[:2]
    scale = max(height, width) / size_px
    inside = resize(image, max(1, round(width / scale)), max(1, round(height / scale)))
    left, top = (size_px - inside.shape[1]) // 2, (size_px - inside.shape[0]) // 2
    square = np.zeros((size_px, size_px, 3), dtype=np.uint8)
    square[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return square, scale, (left, top)
