"""How far answers moved."""

from collections.abc import Mapping, Sequence

import numpy as np

from serving_kit.spec import Deviation
from serving_kit.types import Array, Tensor

Answers = Sequence[Mapping[str, Tensor]]


def measure(answers: Answers, before: Answers, *, classifies: bool) -> dict[str, Deviation]:
    """Compare answers with those before, sample by sample, and return one figure of each kind an output.

    Infinite where an answer has another shape or is no number.
    """
    return {
        name: _measure([answer[name].array for answer in answers], [one[name].array for one in before], classifies)
        for name in before[0]
    }


def worst(outputs: Mapping[str, Deviation]) -> float:
    """Return the largest relative deviation."""
    return max(deviation.relative for deviation in outputs.values())


def _measure(after: Sequence[Array], before: Sequence[Array], classifies: bool) -> Deviation:
    if any(one.shape != other.shape for one, other in zip(after, before, strict=True)):
        return Deviation(max_difference=np.inf, mean_difference=np.inf, relative=np.inf)
    new, old = (np.concatenate([np.ravel(one).astype(np.float64) for one in arrays]) for arrays in (after, before))
    apart = np.abs(np.nan_to_num(new - old, nan=np.inf, posinf=np.inf, neginf=-np.inf))
    size = float(np.sqrt(np.mean(np.square(old)))) if old.size else 0.0
    moved = float(np.sqrt(np.mean(np.square(apart)))) if apart.size else 0.0
    return Deviation(
        max_difference=float(apart.max(initial=0.0)),
        mean_difference=float(apart.mean()) if apart.size else 0.0,
        relative=moved / size if size else moved,
        agreement=_agreement(after, before) if classifies else None,
    )


def _agreement(after: Sequence[Array], before: Sequence[Array]) -> float | None:
    if any(one.ndim < 2 or one.shape[-1] < 2 for one in before):
        return None
    rows = [np.ravel(new.argmax(-1) == old.argmax(-1)) for new, old in zip(after, before, strict=True)]
    return float(np.mean(np.concatenate(rows)))
