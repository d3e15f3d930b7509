"""Servers of one variant of a model, and the choice between variants by weight."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from serving_kit.clients.brpc_pool import BrpcPool


@dataclass(frozen=True, slots=True)
class Variant:
    """Some servers under a `tag`, which get `weight` of the calls in proportion to all variants' weights."""

    tag: str
    pool: BrpcPool
    weight: float


def check_weight(tag: str, weight: object) -> float:
    """Return a weight as a number; ValueError names the variant whose weight is none."""
    try:
        number = float(str(weight))
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(f"variant {tag!r} has the weight {weight!r}; give a number that is not below 0")
    return number


def choose(variants: Sequence[Variant]) -> Variant:
    """Return one of the variants at random, by weight."""
    weights = [variant.weight for variant in variants]
    return random.choices(variants, weights)[0]  # noqa: S311 - shares of traffic, no secret
