"""Face detection with BlazeFace: boxes and six points at the anchors of a grid, for every stride."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.face import Box, Face
from serving_kit.tasks.layout_detection import suppress
from serving_kit.tasks.pixels import Image, Normalisation, as_image, resize, to_rows
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

Floats = NDArray[np.float64]

# The order of BlazeFace's points, by google/mediapipe's documentation of its face detection.
POINTS = ("right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear")


class Before(Normalisation):
    """The image is scaled until its longer side fits, then made square with black below or at its right."""

    size_px: int = Field(256, gt=0)


class After(Parameters):
    """How faces are read: outputs are the scores of every stride, then the boxes with their points of every stride."""

    strides_px: tuple[int, ...] = Field((16, 32), min_length=1)
    anchors: tuple[int, ...] = Field((2, 6), description="how many answers each cell of each stride gives")
    points: tuple[str, ...] = POINTS
    least_score: float = Field(0.5, ge=0, le=1)
    overlap: float = Field(0.3, ge=0, le=1, description="of two boxes that overlap more (IoU), the better stays")


@task("face-detection", Before, After)
class FaceDetection:
    """One sample is an image; the answer is a list of Face, the best first."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        if len(after.strides_px) != len(after.anchors):
            raise BadInput(f"postprocess.anchors has {len(after.anchors)} numbers for {len(after.strides_px)} strides")

    def preprocess(self, sample: object) -> Prepared:
        """Return the image as float32 [1, size, size, 3]; the context is its pixels for one of the model's."""
        image = as_image(sample)
        square, scale = fit(image, self.before.size_px)
        return Prepared({self.source.feed: to_rows(square, self.before)[None]}, context=(scale, image.shape[1::-1]))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Face]:
        """Return the faces in pixels of the sample."""
        logits, answers = self._heads(outputs)
        scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
        corners, points = decode(answers, self._cells())
        scale, (width, height) = prepared.context
        boxes = np.clip(corners * scale, 0, [width, height] * 2)
        kept = suppress(boxes, scores, self.after.least_score, self.after.overlap)
        return [self._face(float(scores[i]), boxes[i], points[i] * scale) for i in kept]

    def _heads(self, outputs: Mapping[str, Array]) -> tuple[Floats, Floats]:
        levels = len(self.after.strides_px)
        aliases = [port.alias for port in self.source.spec.outputs] or list(outputs)
        heads: list[Numbers] = [outputs[alias] for alias in aliases if alias in outputs]
        if len(heads) != 2 * levels or any(head.ndim != 3 for head in heads):
            shapes = [list(head.shape) for head in heads]
            raise BadInput(f"the answer holds {shapes}; {levels} strides give {2 * levels} outputs of rank 3")
        scores = np.concatenate([head[0, :, 0] for head in heads[:levels]])
        answers = np.concatenate([head[0] for head in heads[levels:]])
        cells, numbers = len(self._cells()), 4 + 2 * len(self.after.points)
        if answers.shape != (cells, numbers) or len(scores) != cells:
            raise BadInput(
                f"the answer has {len(scores)} scores and boxes {list(answers.shape)}; this task reads {cells} anchors "
                f"of {numbers} numbers"
            )
        return scores.astype(np.float64), answers.astype(np.float64)

    def _cells(self) -> Floats:
        grids = zip(self.after.strides_px, self.after.anchors, strict=True)
        return np.concatenate([anchors(self.before.size_px, stride, number) for stride, number in grids])

    def _face(self, score: float, box: Floats, points: Floats) -> Face:
        left, top, right, bottom = (round(float(side), 1) for side in box)
        at: Box = (left, top, right, bottom)
        named = zip(self.after.points, points, strict=True)
        return Face(score, at, tuple((name, (round(float(x), 1), round(float(y), 1))) for name, (x, y) in named))


def fit(image: Image, size_px: int) -> tuple[Image, float]:
    """Return the image in the top left of a black square, and how many of its pixels one pixel of the square holds."""
    height, width = image.shape[:2]
    scale = max(height, width) / size_px
    inside = resize(image, max(1, round(width / scale)), max(1, round(height / scale)))
    square = np.zeros((size_px, size_px, 3), dtype=np.uint8)
    square[: inside.shape[0], : inside.shape[1]] = inside
    return square, scale


def anchors(size_px: int, stride: int, number: int) -> Floats:
    """Return the middles (x, y) of a stride's cells, row by row, each `number` times: [cells * number, 2]."""
    side = -(-size_px // stride)
    middles = (np.arange(side) + 0.5) * stride
    xs, ys = np.meshgrid(middles, middles)
    return np.repeat(np.stack([xs.ravel(), ys.ravel()], axis=1), number, axis=0)


def decode(answers: Floats, cells: Floats) -> tuple[Floats, Floats]:
    """Return boxes [N, 4] and points [N, P, 2] in pixels of the input.

    Each answer is (x, y, width, height) of a box's middle and size, then its points, all offsets from the anchor.
    """
    middles, sizes = answers[:, :2] + cells, answers[:, 2:4]
    points = answers[:, 4:].reshape(len(answers), -1, 2) + cells[:, None]
    return np.concatenate([middles - sizes / 2, middles + sizes / 2], axis=1), points
