import threading
from collections.abc import Mapping

import numpy as np
import pytest

from serving_kit.tune.timing import batch_of, measure
from serving_kit.types import Tensor, TensorSpec


class Meeting:
    """An engine whose first run ends only when all instances run."""

    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()

    def __init__(self, barrier: threading.Barrier) -> None:
        self.runs = 0
        self._barrier = barrier

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if not self.runs:
            self._barrier.wait(30)
        self.runs += 1
        return dict(feeds)

    def clone(self) -> "Meeting":
        return Meeting(self._barrier)


def test_instances_run_at_the_same_time_and_three_times_at_least() -> None:
    barrier = threading.Barrier(2)
    engines = [Meeting(barrier), Meeting(barrier)]
    timing = measure(engines, {}, duration_s=0)
    assert [engine.runs for engine in engines] == [5, 5], "two to warm up, three timed"
    assert timing.run_ms > 0
    assert timing.runs_per_s == pytest.approx(2e3 / timing.run_ms, rel=0.9)


def test_a_batch_is_copies_of_a_request() -> None:
    merged = batch_of({"x": Tensor(np.array([[1, 2]]))}, 3)
    np.testing.assert_array_equal(merged["x"].array, [[1, 2], [1, 2], [1, 2]])
