from pathlib import Path
from typing import Any

import pytest

from serving_kit.errors import BadInput
from serving_kit.serve import tuning as module
from serving_kit.serve.flags import parse_flags
from serving_kit.serve.plan import ModelPlan, plan_models
from serving_kit.serve.tuning import settle
from tests.unit.tune.candidates import measured, result

PADDLE = measured(10, 100)
WINNER = measured(8, 480, engine="openvino", instances=2, batch=4)


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let a tuner find `WINNER`, and note what it was asked."""
    asked: dict[str, Any] = {}

    def tuned(path: Path, **wish: Any) -> Any:
        asked.update(wish, path=path)
        return result(PADDLE, WINNER, throughput=WINNER)

    monkeypatch.setattr(module, "tuned", tuned)
    return asked


def planned(*flags: str) -> ModelPlan:
    (plan,) = plan_models(parse_flags(["--model", "house", *flags]))
    return plan


def test_a_named_engine_is_not_measured(wishes: dict[str, Any]) -> None:
    plan = planned("--engine", "openvino")
    assert settle(plan) is plan
    assert plan.options.engine == "openvino"
    assert not wishes


def test_auto_takes_engine_threads_and_batch_from_the_winner(wishes: dict[str, Any]) -> None:
    plan = settle(planned("--engine", "auto", "--tune_budget_s", "7"))
    assert (plan.options.engine, plan.options.cpu_threads, plan.threads, plan.max_batch) == ("openvino", 1, 2, 4)
    assert plan.reason == (
        "of the engines that agree, openvino, 2 x 1 thread, batch 4 was chosen for 480 requests/s on 2026-01-02 (the "
        "best of each: openvino, 2 x 1 thread, batch 4: 480 requests/s; paddle, 1 x 1 thread, batch 1: 100 requests/s)"
    )
    assert (wishes["path"], wishes["budget_s"], wishes["threads"]) == (Path("house"), 7, None)


def test_what_was_given_stays(wishes: dict[str, Any]) -> None:
    plan = settle(planned("--engine", "auto", "--thread", "6", "--cpu_math_thread_num", "2"))
    assert (plan.threads, wishes["threads"]) == (6, 2)
    plan = settle(planned("--engine", "auto", "--runtime_thread_num", "3", "--batch_infer_size", "16"))
    assert (plan.threads, plan.max_batch) == (3, 16)


def test_workers_share_the_cores_out(monkeypatch: pytest.MonkeyPatch, wishes: dict[str, Any]) -> None:
    monkeypatch.setattr("serving_kit.serve.plan.core_count", lambda: 8)
    settle(planned("--engine", "auto", "--workers", "3"))
    assert wishes["cores"] == 2


def test_a_budget_without_auto_has_no_effect_and_is_refused() -> None:
    with pytest.raises(BadInput, match="--tune_budget_s has no effect without --engine"):
        parse_flags(["--model", "house", "--tune_budget_s", "7"])
