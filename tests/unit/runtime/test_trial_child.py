"""What the child does, in this process and on a stand-in engine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import Internal, ModelFileError
from serving_kit.runtime import trial
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import ElementType, Tensor, TensorSpec

PLAIN, FAST = EngineOptions(onednn=False), EngineOptions(onednn=True)
X = TensorSpec("x", "x", ElementType.FP32, (-1, 2))


class Engine:
    """Notes the batches it is given, refuses those over its limit and gives the rest back."""

    inputs = (X,)

    def __init__(self, limit: int = 9) -> None:
        self.batches: list[int] = []
        self.limit = limit

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        rows = len(feeds["x"].array)
        self.batches.append(rows)
        if rows > self.limit:
            raise Internal("the engine failed: too many rows")
        return dict(feeds)


def stage(folder: Path, engine: Any, options: EngineOptions, *batches: int) -> list[dict[str, Tensor]]:
    request = trial._Request(
        program=folder / "m", params=None, inputs=(X,), outputs=(), stages={"s": options}, deadline_s=1
    )

    def load(*_: object) -> Any:
        if isinstance(engine, Exception):
            raise engine
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial.backend, "load", load)
        feeds = [{"x": Tensor(np.ones((rows, 2), "float32"))} for rows in batches]
        return trial._stage(folder, "s", request, options, feeds)


def progress(folder: Path) -> Any:
    return trial._outcome(folder, "s", trial.Cause.DIED, "ended")


def test_onednn_answers_again_after_a_larger_batch(tmp_path: Path) -> None:
    engine = Engine()
    assert stage(tmp_path, engine, FAST, 2)
    assert engine.batches == [2, 4, 2]
    assert progress(tmp_path).answer["x"].array.shape == (2, 2)


def test_a_model_that_takes_one_batch_only_passes(tmp_path: Path) -> None:
    engine = Engine(limit=2)
    assert stage(tmp_path, engine, FAST, 2)
    assert progress(tmp_path).ok


def test_without_onednn_one_run_is_enough(tmp_path: Path) -> None:
    engine = Engine()
    stage(tmp_path, engine, PLAIN, 2)
    assert engine.batches == [2]


def test_the_first_feeds_that_fit_are_kept_for_later_stages(tmp_path: Path) -> None:
    (taken,) = stage(tmp_path, Engine(limit=3), PLAIN, 5, 3, 1)
    assert len(taken["x"].array) == 3


def test_refusals_say_at_which_step(tmp_path: Path) -> None:
    assert stage(tmp_path, Engine(limit=0), PLAIN, 5, 3) == []
    assert (progress(tmp_path).step, progress(tmp_path).error) == (trial.Step.RUN, "the engine failed: too many rows")
    assert stage(tmp_path, ModelFileError("it is damaged"), PLAIN, 5) == []
    assert (progress(tmp_path).step, progress(tmp_path).error) == (trial.Step.LOAD, "it is damaged")
