"""Two figures of merit for binary classifiers, with the arguments of Paddle Serving's `metric` package."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from serving_kit.errors import BadInput

__all__ = ["acc", "auc"]


def acc(prob: ArrayLike, label: ArrayLike, threshold: float) -> float:
    """Return the share of instances whose probability lies on their label's side of `threshold`.

    `prob` and `label` have shape [N], labels are 0 and 1. A probability equal to `threshold` counts as wrong, as in
    Paddle Serving. BadInput where lengths differ or nothing is given.
    """
    probabilities, labels = _pair(prob, label)
    return float(np.mean(np.where(labels == 1, probabilities > threshold, probabilities < threshold)))


def auc(actual: ArrayLike, posterior: ArrayLike) -> float:
    """Return the area under the receiver operating characteristic; ties count half (Mann-Whitney).

    `actual` holds 0 and 1, `posterior` the scores, both [N]. BadInput where lengths differ or one class is missing.
    """
    scores, labels = _pair(posterior, actual)
    positives = int(np.sum(labels == 1))
    negatives = len(labels) - positives
    if not positives or not negatives:
        raise BadInput(
            f"auc needs both classes, got {positives} positives and {negatives} negatives; give some of each"
        )
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place.ravel()]
    above = ranks[labels == 1].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def _pair(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    one, other = (np.asarray(values, dtype=np.float64).ravel() for values in (scores, labels))
    if len(one) != len(other) or not len(one):
        raise BadInput(f"there are {len(one)} scores and {len(other)} labels; give one label for each score")
    return one, other
