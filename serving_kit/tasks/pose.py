"""A person's pose: named points with scores, and which of them are joined by a bone."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer, Point

Bone = tuple[str, str]


class Layout(NamedTuple):
    """The points a model knows, in its own order, and the bones between them."""

    points: tuple[str, ...]
    bones: tuple[Bone, ...]


def _sides(names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names.split() for side in ("left", "right"))


def _limbs(*chains: str) -> tuple[Bone, ...]:
    """Return the bones of chains of points, each on the left and on the right."""
    parts = [chain.split() for chain in chains]
    pairs = [pair for names in parts for pair in pairwise(names)]
    return tuple((f"{side}_{a}", f"{side}_{b}") for a, b in pairs for side in ("left", "right"))


_TRUNK: tuple[Bone, ...] = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))

# The 17 points of COCO, which MoveNet and PoseNet share.
_COCO = Layout(
    ("nose", *_sides("eye ear shoulder elbow wrist hip knee ankle")),
    (*_TRUNK, *_limbs("eye ear", "shoulder elbow wrist", "shoulder hip knee ankle")),
)

# The 33 of BlazePose, numbered as in google/mediapipe's description of its pose landmarks.
_BLAZEPOSE = Layout(
    (
        *("nose", "left_eye_inner", "left_eye", "left_eye_outer"),
        *("right_eye_inner", "right_eye", "right_eye_outer"),
        *_sides("ear mouth shoulder elbow wrist pinky index thumb hip knee ankle heel foot_index"),
    ),
    (
        *(*_TRUNK, ("left_mouth", "right_mouth")),
        *_limbs("shoulder elbow wrist pinky index wrist thumb", "shoulder hip knee ankle heel foot_index ankle"),
    ),
)

# The 16 of MPII, in EfficientPose's order.
_MPII = Layout(
    (
        *("head_top", "neck", "right_shoulder", "right_elbow", "right_wrist"),
        *("thorax", "left_shoulder", "left_elbow", "left_wrist"),
        *("pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    ),
    (
        *(("head_top", "neck"), ("neck", "thorax"), ("thorax", "pelvis")),
        *(("thorax", "left_shoulder"), ("thorax", "right_shoulder"), ("pelvis", "left_hip"), ("pelvis", "right_hip")),
        *_limbs("shoulder elbow wrist", "hip knee ankle"),
    ),
)

LAYOUTS: Mapping[str, Layout] = MappingProxyType({"coco": _COCO, "blazepose": _BLAZEPOSE, "mpii": _MPII})


@dataclass(frozen=True, slots=True, repr=False)
class Keypoint(Answer):
    """A place of the body; left and right are the person's own, `score` says how sure the model is to see it.

    `depth` grows away from the camera, in pixels of the image, 0 at the hips; it is 0 where the model gives none.
    """

    name: str
    x: float
    y: float
    score: float
    depth: float = 0.0

    @property
    def point(self) -> Point:
        """Where it lies, in pixels."""
        return self.x, self.y

    def __repr__(self) -> str:
        return f"Keypoint({self.name!r}, ({self.x:.0f},{self.y:.0f}), score={self.score:.3f})"


@dataclass(frozen=True, slots=True, repr=False)
class Pose(Answer):
    """All the points of one person, whether they can be seen or not; `score` is how sure the model is of the whole."""

    keypoints: tuple[Keypoint, ...]
    score: float
    layout: str = "coco"

    def place(self, name: str) -> Keypoint:
        """Return a point by name; BadInput lists the names."""
        for keypoint in self.keypoints:
            if keypoint.name == name:
                return keypoint
        raise BadInput(f"the pose has no point {name!r}; use one of {[point.name for point in self.keypoints]}")

    def bones(self, least_score: float) -> list[tuple[Keypoint, Keypoint]]:
        """Return the bones both ends of which score that much."""
        joined = [(self.place(a), self.place(b)) for a, b in LAYOUTS[self.layout].bones]
        return [(a, b) for a, b in joined if min(a.score, b.score) >= least_score]

    def box(self, least_score: float, margin: float = 0.0) -> tuple[float, float, float, float]:
        """Return (left, top, right, bottom) around the points that score that much, wider by a share of its sides.

        BadInput where no point scores that much.
        """
        seen = [keypoint.point for keypoint in self.keypoints if keypoint.score >= least_score]
        if not seen:
            raise BadInput(f"no point of the pose scores {least_score} or more; lower the score")
        xs, ys = zip(*seen, strict=True)
        wide, high = (max(xs) - min(xs)) * margin, (max(ys) - min(ys)) * margin
        return min(xs) - wide, min(ys) - high, max(xs) + wide, max(ys) + high

    def square(self, least_score: float, margin: float = 0.3) -> tuple[int, int, int]:
        """Return left, top and side of the square around that box, in whole pixels: where to look in the next frame.

        It may begin outside of the image.
        """
        left, top, right, bottom = self.box(least_score, margin)
        side = max(right - left, bottom - top)
        return round((left + right - side) / 2), round((top + bottom - side) / 2), round(side)

    def __repr__(self) -> str:
        return f"Pose({len(self.keypoints)} points, score={self.score:.3f})"
