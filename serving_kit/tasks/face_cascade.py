"""Face detection with MTCNN: a network that proposes, one that refines, and one that decides and finds five points."""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks import face_pyramid
from serving_kit.tasks.face import Face
from serving_kit.tasks.face_pyramid import Floats, Level
from serving_kit.tasks.layout_detection import suppress
from serving_kit.tasks.pixels import Image, as_image
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array

# As the network numbers them; left and right are those of the person, who looks at us.
POINTS = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")
_INPUTS = ("canvas", "crops_24", "crops_48")
_OUTPUTS = ("edges_12", "odds_12", "edges_24", "odds_24", "edges_48", "points_48", "odds_48")

Predict = Callable[[dict[str, Array]], Mapping[str, Array]]


class Before(Parameters):
    """The picture is drawn in many sizes onto one canvas: the smallest faces there are 12 px, as the network wants."""

    least_px: int = Field(40, ge=12, description="faces smaller than this are not looked for")
    shrink: float = Field(0.709, gt=0, lt=1, description="from one size to the next: half of the area")


class After(Parameters):
    """From which score on a window is passed on, and how much two may overlap before the better one stays alone."""

    least_proposal: float = Field(0.6, ge=0, le=1)
    least_refined: float = Field(0.7, ge=0, le=1)
    least_score: float = Field(0.7, ge=0, le=1)
    overlap: float = Field(0.7, ge=0, le=1, description="intersection over union")


@task("face-cascade", Before, After)
class FaceCascade:
    """One sample is an image; the answer is a list of Face, the best first.

    `ask` has the model answer three times. `preprocess` and `postprocess` are the first of them: what is proposed.
    """

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source
        aliases = [port.alias for port in (*source.spec.inputs, *source.spec.outputs)]
        lacking = sorted({*_INPUTS, *_OUTPUTS} - set(aliases))
        if lacking:
            raise BadInput(f"{source.spec.name!r} has no tensors {lacking}; give its ports the aliases of this task")

    def ask(self, predict: Predict, sample: object) -> list[Face]:
        """Return the faces: propose, refine, decide; an empty list as soon as no window is left."""
        prepared = self.preprocess(sample)
        boxes, _ = self.propose(predict(prepared.feeds), prepared)
        boxes, _ = self.refine(predict, prepared, boxes)
        return self.decide(predict, prepared, boxes)

    def preprocess(self, sample: object) -> Prepared:
        """Return the canvas, and the picture itself, made small, for the two networks whose turn has not come."""
        image = as_image(sample)
        pyramid = face_pyramid.levels(image.shape[1], image.shape[0], self.before.least_px, self.before.shrink)
        whole = np.array([[0, 0, image.shape[1], image.shape[0]]], np.float64)
        feeds: dict[str, Array] = {"canvas": _scaled(face_pyramid.draw(image, pyramid)[None])}
        feeds |= {f"crops_{size}": crops(image, whole, size) for size in (24, 48)}
        return Prepared(feeds, context=(image, pyramid))

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Face]:
        """Return the windows that the first network proposes, as faces without points."""
        boxes, scores = self.propose(outputs, prepared)
        return [_face(score, box) for box, score in zip(boxes, scores, strict=True)]

    def propose(self, outputs: Mapping[str, Array], prepared: Prepared) -> tuple[Floats, Floats]:
        """Return windows [N, 4] that may hold a face, in pixels of the picture, and their scores."""
        pyramid: list[Level] = prepared.context[1]
        odds, edges = self._output(outputs, "odds_12", 4)[0, 1], self._output(outputs, "edges_12", 4)[0]
        found = []
        for level in pyramid:
            boxes, scores, moves = face_pyramid.windows(level, odds, edges, self.after.least_proposal)
            kept = suppress(boxes, scores, 0.0, 0.5)
            found.append((boxes[kept], scores[kept], moves[kept]))
        boxes, scores, moves = (np.concatenate(parts) for parts in zip(*found, strict=True))
        kept = suppress(boxes, scores, 0.0, self.after.overlap)
        return squares(moved(boxes[kept], moves[kept])), scores[kept]

    def refine(self, predict: Predict, prepared: Prepared, boxes: Floats) -> tuple[Floats, Floats]:
        """Return the windows that the second network lets pass, moved to fit, and their scores."""
        if not len(boxes):
            return boxes, np.zeros(0)
        outputs = predict({**prepared.feeds, "crops_24": crops(prepared.context[0], boxes, 24)})
        scores = self._output(outputs, "odds_24", 2)[:, 1].astype(np.float64)
        kept = suppress(boxes, scores, self.after.least_refined, self.after.overlap)
        return squares(moved(boxes[kept], self._output(outputs, "edges_24", 2)[kept])), scores[kept]

    def decide(self, predict: Predict, prepared: Prepared, boxes: Floats) -> list[Face]:
        """Return the faces that the third network sees in the windows, with their points."""
        if not len(boxes):
            return []
        outputs = predict({**prepared.feeds, "crops_48": crops(prepared.context[0], boxes, 48)})
        scores = self._output(outputs, "odds_48", 2)[:, 1].astype(np.float64)
        fitted = moved(boxes, self._output(outputs, "edges_48", 2))
        shares = self._output(outputs, "points_48", 2).reshape(-1, 2, len(POINTS))
        kept = suppress(fitted, scores, self.after.least_score, self.after.overlap)
        corners, sizes = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
        points = corners[:, :, None] + shares * sizes[:, :, None]
        return [_face(scores[i], fitted[i], points[i].T) for i in _outermost(fitted, kept)]

    def _output(self, outputs: Mapping[str, Array], alias: str, rank: int) -> Numbers:
        array = outputs.get(alias)
        if array is None or array.ndim != rank:
            shape = None if array is None else list(array.shape)
            raise BadInput(f"output {alias!r} has shape {shape}; this task reads {rank} dimensions")
        return array


def crops(image: Image, boxes: Floats, size_px: int) -> Array:
    """Return what lies in the boxes as float32 [N, 3, size, size] from -1 to 1; zeros where that is nothing."""
    height, width = image.shape[:2]
    pictures = np.full((len(boxes), size_px, size_px, 3), 127.5, np.float32)
    for picture, box in zip(pictures, boxes, strict=True):
        left, top, right, bottom = np.clip(box, 0, [width, height] * 2).astype(int)
        if right > left and bottom > top:
            inside = image[top:bottom, left:right]
            picture[:] = cv2.resize(inside, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return _scaled(pictures)


def moved(boxes: Floats, edges: Numbers) -> Floats:
    """Return boxes [N, 4] with each edge moved by a share of the box's width or height."""
    sizes = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return np.asarray(boxes + edges * sizes, np.float64)


def squares(boxes: Floats) -> Floats:
    """Return the squares about the middles of boxes [N, 4], as large as their longer sides."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True, initial=0) / 2
    return np.concatenate([middles - half, middles + half], axis=1)


def _scaled(pictures: Numbers) -> Array:
    return np.ascontiguousarray(((pictures.astype(np.float32) - 127.5) / 128).transpose(0, 3, 1, 2))


def _outermost(boxes: Floats, order: list[int]) -> list[int]:
    """Return the boxes, the best first, without those that lie mostly within a better one or around it."""
    kept: list[int] = []
    for i in order:
        others = boxes[kept]
        shared = np.minimum(boxes[i, 2:], others[:, 2:]) - np.maximum(boxes[i, :2], others[:, :2])
        area = np.prod(np.maximum(shared, 0), axis=1)
        smaller = np.minimum(np.prod(boxes[i, 2:] - boxes[i, :2]), np.prod(others[:, 2:] - others[:, :2], axis=1))
        if not (area > 0.7 * smaller).any():
            kept.append(i)
    return kept


def _face(score: float, box: Floats, points: Floats | None = None) -> Face:
    left, top, right, bottom = (round(float(side), 1) for side in box)
    named = () if points is None else zip(POINTS, points, strict=True)
    places = tuple((name, (round(float(x), 1), round(float(y), 1))) for name, (x, y) in named)
    return Face(float(score), (left, top, right, bottom), places)
