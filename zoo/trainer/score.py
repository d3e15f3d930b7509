"""Held-out scores: how good a model is on what it was not trained on."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Box: TypeAlias = tuple[float, ...]


def auc(scores: Numbers, truths: Numbers) -> float:
    """Return how often a true row is scored above a false one, ties counting half: 0.5 is chance.

    Both are [N], `truths` boolean. It is the Mann-Whitney U statistic divided by its largest value.
    """
    truths = truths.astype(bool)
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positive = int(truths.sum())
    return float((ranks[truths].sum() - positive * (positive + 1) / 2) / (positive * (len(truths) - positive)))


def accuracy(answers: Numbers, truths: Numbers) -> float:
    """Return the share of rows that are right."""
    return float(np.mean(answers == truths))


def rmse(answers: Numbers, truths: Numbers) -> float:
    """Return the root of the mean square error."""
    return float(np.sqrt(np.mean((answers - truths) ** 2)))


def confusion(answers: Numbers, truths: Numbers, classes: int) -> NDArray[np.int64]:
    """Return how often each truth (row) was given each answer (column)."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (truths.ravel(), answers.ravel()), 1)
    return table


def mean_iou(table: Numbers) -> float:
    """Return the mean over the classes of intersection over union, from a confusion matrix of pixels."""
    shared = np.diag(table)
    return float(np.mean(shared / (table.sum(axis=0) + table.sum(axis=1) - shared)))


def average_precision(
    found: Sequence[tuple[int, str, float, Box]], wanted: Sequence[tuple[int, str, Box]], label: str, least: float = 0.5
) -> float:
    """Return the area under precision over recall for one label.

    `found` are (image, label, score, box), `wanted` (image, label, box). From the surest down, a found box is right
    where it overlaps by IoU `least` or more with a wanted one of its image that none before it has taken.
    """
    left = [(image, box) for image, name, box in wanted if name == label]
    total, right = len(left), []
    for image, _, _, box in sorted((one for one in found if one[1] == label), key=lambda one: -one[2]):
        overlaps = [iou(box, other) if image == where else 0.0 for where, other in left]
        best = int(np.argmax(overlaps)) if overlaps else 0
        right.append(bool(overlaps) and overlaps[best] >= least)
        if right[-1]:
            left.pop(best)
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]  # precision never rises again
    return float(highest[np.array(right, dtype=bool)].sum() / total)


def iou(one: Box, other: Box) -> float:
    """Return the area that two boxes (left, top, right, bottom) share, over the area that they cover."""
    width = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return width * height / (sum(areas) - width * height)
