from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving_kit.errors import Internal, Unsupported
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.verdict import Verdict
from serving_kit.tune import search as module
from serving_kit.tune.child import Job
from serving_kit.tune.search import Search
from serving_kit.tune.timing import Timing
from tests.unit.tiny_models import legacy_linear, with_prototxt

Speed = Callable[[str, Job], float]  # requests a second of one instance


@pytest.fixture
def model(tmp_path: Path) -> ModelDir:
    return ModelDir.open(with_prototxt(legacy_linear(tmp_path / "house")))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[Speed], list[tuple[str, Job]]]:
    """Let engines be as fast as told, and note what they were asked."""
    monkeypatch.setattr(module, "check_supported", lambda _: None)
    monkeypatch.setattr(module, "decide", lambda *_: Verdict(onednn=True, reason="it agrees"))

    def set_up(speed: Speed) -> list[tuple[str, Job]]:
        asked: list[tuple[str, Job]] = []

        class Engine:
            def __init__(self, _model: ModelDir, options: EngineOptions, _feeds: Any) -> None:
                self._engine = options.engine

            def __enter__(self) -> "Engine":
                return self

            def __exit__(self, *_: object) -> None:
                pass

            def send(self, _job: Job) -> None:
                """Load at once."""

            def receive(self, _deadline_s: float) -> Timing:
                return Timing(run_ms=1, runs_per_s=1000)

            def ask(self, job: Job, _deadline_s: float) -> Timing:
                asked.append((self._engine, job))
                rate = speed(self._engine, job)
                return Timing(run_ms=1e3 * job.batch / rate, runs_per_s=rate * job.instances / job.batch)

        monkeypatch.setattr(module, "EngineProcess", Engine)
        return asked

    return set_up


def layouts(asked: list[tuple[str, Job]], engine: str) -> set[tuple[int, int, int]]:
    return {(job.threads, job.instances, job.batch) for name, job in asked if name == engine}


def test_an_engine_far_behind_is_left_after_its_first_round(model: ModelDir, machine: Any) -> None:
    rates = {"paddle": 100, "openvino": 150, "onnxruntime": 50}
    asked = machine(lambda engine, job: rates[engine] * job.threads)
    Search(model, 2, 60).run()
    assert layouts(asked, "onnxruntime") == {(1, 1, 1), (2, 1, 1)}
    assert {(1, 2, 1), (2, 1, 1)} < layouts(asked, "openvino")
    assert {(1, 2, 1), (2, 1, 1)} < layouts(asked, "paddle")


def test_batches_grow_while_they_pay(model: ModelDir, machine: Any) -> None:
    asked = machine(lambda _engine, job: 100 * min(job.batch, 4))
    Search(model, 1, 60, ("paddle",)).run()
    assert layouts(asked, "paddle") == {(1, 1, 1), (1, 1, 2), (1, 1, 4), (1, 1, 8)}


def test_threads_that_were_asked_for_are_not_varied(model: ModelDir, machine: Any) -> None:
    asked = machine(lambda _engine, _job: 100)
    Search(model, 4, 60, ("paddle",), threads=2).run()
    assert layouts(asked, "paddle") == {(2, 1, 1), (2, 2, 1), (2, 2, 2)}


def test_an_engine_that_fails_is_refused_and_the_others_go_on(model: ModelDir, machine: Any) -> None:
    def speed(engine: str, job: Job) -> float:
        if engine == "openvino" and job.threads == 2:
            raise Internal("the process that times the model ended by SIGSEGV")
        return 100

    machine(speed)
    search = Search(model, 2, 60, ("paddle", "openvino"))
    search.run()
    (refusal,) = search.refusals
    assert refusal.reason == "openvino, 1 x 2 threads, batch 1: the process that times the model ended by SIGSEGV"
    assert {each.engine for each in search.measurements} == {"paddle", "openvino"}


def test_an_engine_that_disagrees_is_not_measured(
    model: ModelDir, machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decide(_model: ModelDir, options: EngineOptions, _deadline_s: float) -> Verdict:
        if options.engine == "openvino":
            raise Unsupported("it differs by 0.5")
        return Verdict(onednn=False, reason="it agrees")

    asked = machine(lambda _engine, _job: 100)
    monkeypatch.setattr(module, "decide", decide)
    search = Search(model, 1, 60, ("paddle", "openvino"))
    search.run()
    assert [refusal.reason for refusal in search.refusals] == ["it differs by 0.5"]
    assert search.agreement == {"paddle": "it agrees"}
    assert {engine for engine, _ in asked} == {"paddle"}


def test_a_budget_that_is_spent_still_gives_one_figure_of_each_engine(model: ModelDir, machine: Any) -> None:
    machine(lambda _engine, _job: 100)
    search = Search(model, 2, 0)
    search.run()
    titles = {candidate.title for candidate in search.measurements}
    assert titles == {"paddle, 1 x 1 thread, batch 1", "paddle, 2 x 1 thread, batch 1"}
    assert [(refusal.engine, refusal.for_good) for refusal in search.refusals] == [
        ("openvino", False),
        ("onnxruntime", False),
    ]
