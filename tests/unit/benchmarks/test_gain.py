"""The runs that requests share in the measurement without a server."""

import numpy as np
import pytest

from benchmarks.gain import NO_PADDING, Feeds, Gain, runs
from serving_kit.batching.padding import Padding
from serving_kit.types import Tensor


def _feeds(width: int) -> Feeds:
    return {"x": Tensor(np.zeros((1, width), np.float32))}


def _widths(made: list[list[Feeds]]) -> list[list[int]]:
    return [[feeds["x"].array.shape[1] for feeds in run] for run in made]


def test_without_padding_equal_shapes_share_a_run() -> None:
    made = runs([_feeds(width) for width in (4, 8, 4, 8, 4)], NO_PADDING, 8)
    assert _widths(made) == [[4, 4, 4], [8, 8]]


def test_padding_lets_shapes_share_a_run_while_little_is_wasted() -> None:
    made = runs([_feeds(width) for width in (10, 12, 100, 11)], Padding(), 8)
    assert _widths(made) == [[10, 12, 11], [100]]


def test_a_run_takes_no_more_than_it_may() -> None:
    assert _widths(runs([_feeds(4)] * 5, NO_PADDING, 2)) == [[4, 4], [4, 4], [4]]


@pytest.mark.parametrize(("padded", "pays"), [(1.3, True), (1.02, False), (0.8, False)])
def test_padding_pays_where_it_gains_more_than_noise(padded: float, pays: bool) -> None:
    assert Gain(10.0, 1.0, padded, 4, 2).pays is pays
