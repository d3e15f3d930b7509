"""Face landmarks with FaceMesh: 468 places of a face, always the same ones in the same order."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer, Point
from serving_kit.tasks.face import FaceCrop, to_face_rows
from serving_kit.tasks.pixels import as_image
from serving_kit.tasks.task import Parameters, Prepared, Source, task
from serving_kit.types import Array

# Some of the mesh's 468 places by number (google/mediapipe, canonical face model); left and right are the person's own.
PLACES = {
    "forehead": 10,
    "nose": 4,
    "chin": 152,
    "right_eye_outer": 33,
    "right_eye_inner": 133,
    "right_eye_top": 159,
    "right_eye_bottom": 145,
    "left_eye_inner": 362,
    "left_eye_outer": 263,
    "left_eye_top": 386,
    "left_eye_bottom": 374,
    "mouth_right": 61,
    "mouth_left": 291,
    "mouth_top": 13,
    "mouth_bottom": 14,
    "right_cheek": 234,
    "left_cheek": 454,
}


class Before(FaceCrop):
    """The sample is a square crop with a face in its middle, a quarter of it free on every side."""

    size_px: int = 192


class After(Parameters):
    """Outputs are read by alias: `mesh`, x, y and z of each place in pixels of the input, and `score`, is it a face."""


@dataclass(frozen=True, slots=True, repr=False)
class FaceMesh(Answer):
    """Places of a face as (x, y, z) in pixels of the crop; z grows away from us and is 0 at the depth of the head.

    `score` says how sure the model is that there is a face; the places are given all the same.
    """

    score: float
    places: tuple[tuple[float, float, float], ...]

    def place(self, name: str) -> Point:
        """Return where a named place stands; BadInput lists the names."""
        if name not in PLACES:
            raise BadInput(f"the mesh has no place {name!r}; use one of {sorted(PLACES)}")
        x, y, _ = self.places[PLACES[name]]
        return x, y

    @property
    def outline(self) -> tuple[Point, ...]:
        """The line around all places, for drawing."""
        flat = np.ascontiguousarray(np.array(self.places, dtype=np.float32)[:, :2])
        return tuple((float(x), float(y)) for x, y in cv2.convexHull(flat).reshape(-1, 2))

    @property
    def caption(self) -> str:
        """What a drawing writes beside it."""
        return f"{self.score:.2f}"

    def __repr__(self) -> str:
        return f"FaceMesh({len(self.places)} places, score={self.score:.3f})"


@task("face-landmarks", Before, After)
class FaceLandmarks:
    """One sample is a crop of a face; the answer is its mesh."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the crop as float32 [1, size, size, 3]; the context is its width and height."""
        image = as_image(sample)
        return Prepared({self.source.feed: to_face_rows(image, self.before)[None]}, context=image.shape[1::-1])

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> FaceMesh:
        """Return the mesh in pixels of the sample."""
        if "mesh" not in outputs or "score" not in outputs or outputs["mesh"].size % 3:
            shapes = {alias: list(array.shape) for alias, array in outputs.items()}
            raise BadInput(f"the answer holds {shapes}; this task reads `mesh`, three numbers a place, and `score`")
        mesh = np.asarray(outputs["mesh"], dtype=np.float64).reshape(-1, 3)
        middle = self.before.middle
        width, height = prepared.context
        stretch = np.array([width, height, width]) * middle / self.before.size_px
        shift = np.array([width, height, 0]) * (1 - middle) / 2
        places = mesh * stretch + shift
        score = float(np.asarray(outputs["score"], dtype=np.float64).ravel()[0])
        return FaceMesh(score, tuple((float(x), float(y), float(z)) for x, y, z in places))
