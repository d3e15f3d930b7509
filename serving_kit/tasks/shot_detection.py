"""Shot detection: between which frames of a film one shot ends and the next begins.

The model sees windows of frames and is sure of the middle half of each only, so windows overlap by half; before the
first frame and behind the last stand copies of them. For each frame it says how likely a change has its middle there,
and how likely the frame is part of a change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.answer import Answer
from serving_kit.tasks.task import Numbers, Parameters, Prepared, Source, task
from serving_kit.types import Array


class Before(Parameters):
    """How a film is cut up; the defaults are TransNet V2's."""

    width_px: int = Field(48, gt=0)
    height_px: int = Field(27, gt=0)
    window: int = Field(100, gt=0, multiple_of=4, description="frames that the model sees at once")


class After(Parameters):
    """When likely becomes found."""

    least_score: float = Field(0.5, ge=0, le=1)


@dataclass(frozen=True, slots=True, repr=False)
class Change(Answer):
    """A change of shots: the last frame before it and the first behind it, counted from 0."""

    before: int
    after: int
    score: float

    @property
    def is_cut(self) -> bool:
        """Whether nothing lies between the two shots."""
        return self.after == self.before + 1

    def __repr__(self) -> str:
        kind = "cut" if self.is_cut else "gradual"
        return f"Change({kind}, {self.before} to {self.after}, score={self.score:.3f})"


@task("shot-detection", Before, After)
class ShotDetection:
    """One sample is a film's frames, RGB uint8 [T, H, W, 3]; the answer is a list of Change."""

    def __init__(self, before: Before, after: After, source: Source) -> None:
        self.before, self.after, self.source = before, after, source

    def preprocess(self, sample: object) -> Prepared:
        """Return the windows as float32 [N, window, height, width, 3], from 0 to 255."""
        frames, step, margin = _as_frames(sample), self.before.window // 2, self.before.window // 4
        size = (self.before.width_px, self.before.height_px)
        small = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])
        behind = margin + -len(small) % step
        whole = np.concatenate([small[:1].repeat(margin, axis=0), small, small[-1:].repeat(behind, axis=0)])
        starts = range(0, len(whole) - self.before.window + 1, step)
        windows = np.stack([whole[start : start + self.before.window] for start in starts]).astype(np.float32)
        return Prepared({self.source.feed: windows}, context=len(small))

    def likelihoods(self, outputs: Mapping[str, Array], prepared: Prepared) -> tuple[Numbers, Numbers]:
        """Return for each frame how likely it is the middle of a change, and part of one, both [T]."""
        lacking = {"middle", "part"} - outputs.keys()
        if lacking:
            raise BadInput(f"the answer lacks {sorted(lacking)}; it holds {sorted(outputs)}")
        margin = self.before.window // 4
        middle, part = (outputs[name][:, margin:-margin].reshape(-1) for name in ("middle", "part"))
        if min(len(middle), len(part)) < prepared.context:
            raise BadInput(f"the answer is of {len(middle)} frames, the film has {prepared.context}")
        return middle[: prepared.context], part[: prepared.context]

    def postprocess(self, outputs: Mapping[str, Array], prepared: Prepared) -> list[Change]:
        """Return the changes, from the first on."""
        return changes(*self.likelihoods(outputs, prepared), self.after.least_score)


def changes(middle: Numbers, part: Numbers, least_score: float) -> list[Change]:
    """Return one change a run of likely middles, as long as the run of likely parts around it; two parts are a cut."""
    spans, found = _runs(part >= least_score), []
    for first, last in _runs(middle >= least_score):
        peak = first + int(np.argmax(middle[first : last + 1]))
        span = next((span for span in spans if span[0] <= peak <= span[1]), (peak, peak))
        is_cut = span[1] - span[0] < 2
        before, after = (peak, peak + 1) if is_cut else (span[0] - 1, span[1] + 1)
        found.append(Change(before, after, float(middle[peak])))
    return found


def _runs(likely: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and last place of each run of true ones."""
    runs = ([place for place, _ in group] for true, group in groupby(enumerate(likely), lambda pair: pair[1]) if true)
    return [(places[0], places[-1]) for places in runs]


def _as_frames(sample: object) -> NDArray[np.uint8]:
    if not isinstance(sample, np.ndarray):
        raise BadInput(f"the sample is a {type(sample).__name__}; give a film's frames as uint8 [T, H, W, 3]")
    if sample.dtype != np.uint8 or sample.ndim != 4 or sample.shape[3] != 3 or not sample.size:
        raise BadInput(f"the sample is {sample.dtype} {list(sample.shape)}; give a film's frames as uint8 [T, H, W, 3]")
    return sample
