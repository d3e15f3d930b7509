from collections.abc import Mapping

import numpy as np
import pytest

from serving_kit.batching.warm import WarmEngine
from serving_kit.errors import BadInput, Internal
from serving_kit.types import ElementType, Tensor, TensorSpec
from tests.unit.batching.engines import rows


class Recorder:
    """Remembers how many rows each of its runs had, and refuses what is wider than `widest`."""

    def __init__(self, widest: int = 8, most_rows: int = 64, batch: int = -1) -> None:
        self.inputs = (TensorSpec("x", "x", ElementType.FP32, (batch, -1)),)
        self.outputs = (TensorSpec("y", "y", ElementType.FP32, (batch, -1)),)
        self.limits = widest, most_rows
        self.runs: list[int] = []
        self.clones: list[Recorder] = []

    def clone(self) -> "Recorder":
        made = Recorder(*self.limits, self.inputs[0].shape[0])
        self.clones.append(made)
        return made

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        count, width = feeds["x"].array.shape
        self.runs.append(count)
        if width > self.limits[0] or count > self.limits[1]:
            raise BadInput(f"{count} times {width} is too large")
        return {"y": feeds["x"]}


def wide(width: int) -> dict[str, Tensor]:
    return {"x": Tensor(np.zeros((1, width), np.float32))}


def test_every_clone_has_run_before_it_is_handed_out_and_the_engine_itself_never() -> None:
    engine = Recorder()
    warm = WarmEngine(engine, [rows(1)], name="m", runs=3)
    warm.prepare(4)
    assert [clone.runs for clone in engine.clones] == [[1, 1, 1]] * 4
    handed_out = [warm.clone() for _ in range(4)]
    assert len({id(clone) for clone in handed_out}) == 4
    assert len(engine.clones) == 4
    assert engine.runs == []


def test_one_more_than_was_prepared_is_warmed_when_it_is_asked_for() -> None:
    engine = Recorder()
    warm = WarmEngine(engine, [rows(1)], name="m", runs=1)
    assert warm.clone() is engine.clones[0]
    assert engine.clones[0].runs == [1]


def test_the_largest_batch_is_run_too_where_requests_merge() -> None:
    engine = Recorder()
    WarmEngine(engine, [rows(1, 2, 3)], name="m", runs=2, max_batch=32).prepare(1)
    assert engine.clones[0].runs == [1, 1, 32]
    fixed = Recorder(batch=1)
    WarmEngine(fixed, [rows(1)], name="m", runs=2, max_batch=32).prepare(1)
    assert fixed.clones[0].runs == [1, 1]


def test_a_batch_that_the_model_refuses_is_no_reason_not_to_serve_it() -> None:
    engine = Recorder(most_rows=4)
    WarmEngine(engine, [rows(1)], name="m", runs=1, max_batch=32, is_golden=True).prepare(1)
    assert engine.clones[0].runs == [1, 32]


def test_of_made_up_inputs_the_first_that_the_model_takes_is_run() -> None:
    engine = Recorder()
    WarmEngine(engine, [wide(64), wide(8), wide(1)], name="m", runs=2).prepare(2)
    assert [len(clone.runs) for clone in engine.clones] == [3, 2]


def test_a_model_that_takes_no_made_up_input_stays_cold() -> None:
    engine = Recorder()
    WarmEngine(engine, [wide(64), wide(32)], name="m", runs=2).prepare(2)
    assert [len(clone.runs) for clone in engine.clones] == [2, 0]


def test_a_golden_example_that_fails_is_said_in_a_sentence() -> None:
    warm = WarmEngine(Recorder(), [wide(9)], name="m", runs=1, is_golden=True)
    with pytest.raises(Internal, match="m fails on its golden example: 1 times 9 is too large; convert it again"):
        warm.prepare(2)


def test_the_engine_itself_can_still_be_run() -> None:
    engine = Recorder()
    assert WarmEngine(engine, [], name="m", runs=1).run(rows(1))["y"].array.shape == (1, 1)
    assert engine.runs == [1]
