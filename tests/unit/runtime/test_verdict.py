import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import DeadlineExceeded, Internal, ModelFileError, Unsupported
from serving_kit.runtime import agreement, golden
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.trial import Cause, Outcome, Step
from serving_kit.runtime.verdict import decide
from serving_kit.spec import Golden, Spec
from serving_kit.types import ElementType, Tensor
from tests.unit.tiny_models import ROW, ROW_ANSWER, echo, with_prototxt

Trials = Callable[..., list[tuple[str, ...]]]


def answer(value: float) -> Outcome:
    return Outcome(Step.DONE, answer={"y": Tensor(np.full((1, 1), value, "float32"))})


CRASH = Outcome(Step.RUN, Cause.DIED, "ended by SIGSEGV")
HANG = Outcome(Step.RUN, Cause.LATE, "gave no answer within 1 s")
NEVER = Outcome(Step.NEVER, Cause.DIED, "ended with status 0: ")
REFUSED = Outcome(Step.RUN, Cause.REFUSED, "the engine failed: wrong size")


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Trials:
    """Let trials end as told, and note which stages each of them had."""

    def script(**outcomes: Outcome) -> list[tuple[str, ...]]:
        started: list[tuple[str, ...]] = []

        def attempt(*_: Any, deadline_s: float) -> Mapping[str, Outcome]:
            stages = _[3]
            started.append(tuple(stages))
            return {stage: outcomes[stage] for stage in stages}

        monkeypatch.setattr(agreement, "attempt", attempt)
        return started

    return script


@pytest.fixture
def model(fluid: Path) -> ModelDir:
    return ModelDir.open(fluid)


@pytest.fixture
def with_example(fluid: Path) -> ModelDir:
    golden.write(fluid, {"x": Tensor(ROW)}, {"y": Tensor(ROW_ANSWER)})
    return ModelDir.open(fluid)


def test_onednn_stays_on_where_it_agrees_with_the_plain_answer(model: ModelDir, trials: Trials) -> None:
    started = trials(plain=answer(1.0), onednn=answer(1.00001))
    reached = decide(model, EngineOptions())
    assert reached.onednn
    assert reached.reason.startswith("oneDNN agrees with the answer without it within ")
    assert reached.max_abs_difference == pytest.approx(1e-5, rel=0.1)
    assert started == [("plain", "onednn")]


def test_onednn_goes_off_where_it_differs(model: ModelDir, trials: Trials) -> None:
    trials(plain=answer(1.0), onednn=answer(1.5))
    reached = decide(model, EngineOptions())
    assert not reached.onednn
    assert reached.reason == "oneDNN is off: it differs from the answer without it by 0.5"


def test_what_fails_with_onednn_alone_shows_clients_no_folder(model: ModelDir, trials: Trials) -> None:
    damage = f"{model.server_dir} cannot be loaded (no such kernel); fetch it again"
    trials(plain=answer(1.0), onednn=Outcome(Step.LOAD, Cause.REFUSED, damage))
    reason = decide(model, EngineOptions()).reason
    assert reason == f"oneDNN is off: the model, loading with it, {model.name} cannot be loaded (no such kernel)"


@pytest.mark.parametrize("wrong", [CRASH, HANG, answer(float("nan")), answer(9.0)])
def test_a_golden_answer_is_tried_with_onednn_first(with_example: ModelDir, trials: Trials, wrong: Outcome) -> None:
    assert trials(onednn=answer(8.5)) == []
    assert decide(with_example, EngineOptions()).onednn
    started = trials(onednn=wrong, plain=answer(8.5))
    reached = decide(with_example, EngineOptions(cpu_threads=2))
    assert not reached.onednn
    assert wrong.error in reached.reason
    assert started == [("onednn",), ("plain",)]


def test_the_spec_sets_how_close_an_answer_must_be(with_example: ModelDir, trials: Trials, fluid: Path) -> None:
    Spec(name="house", golden=Golden(atol=1.0, made_by="a test")).write(fluid)
    trials(onednn=answer(9.0))
    assert decide(ModelDir.open(fluid), EngineOptions()).onednn


def test_a_verdict_is_remembered_for_its_options(model: ModelDir, trials: Trials) -> None:
    started = trials(plain=answer(1.0), onednn=answer(1.0))
    first = decide(model, EngineOptions())
    assert decide(model, EngineOptions()) == first
    assert len(started) == 1
    decide(model, EngineOptions(ir_optim=False))
    assert len(started) == 2


def test_a_damaged_memory_is_replaced(model: ModelDir, trials: Trials, cache_dir: Path) -> None:
    started = trials(plain=answer(1.0), onednn=answer(1.0))
    decide(model, EngineOptions())
    (kept,) = (cache_dir / "verdicts").iterdir()
    kept.write_text("{")
    decide(model, EngineOptions())
    decide(model, EngineOptions())
    assert len(started) == 2


def test_a_cache_that_cannot_be_written_costs_a_warning(
    model: ModelDir, trials: Trials, cache_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache_dir.write_text("in the way")
    trials(plain=answer(1.0), onednn=answer(1.0))
    with caplog.at_level(logging.WARNING):
        assert decide(model, EngineOptions()).onednn
    assert "the next start tries again" in caplog.text


def test_changed_weights_are_tried_again(model: ModelDir, trials: Trials, fluid: Path) -> None:
    started = trials(plain=answer(1.0), onednn=answer(1.0))
    decide(model, EngineOptions())
    weights = fluid / "fc_0.w_0"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    decide(model, EngineOptions())
    assert len(started) == 2


def test_a_file_that_is_not_the_converters_is_named(fluid: Path, trials: Trials) -> None:
    Spec(name="house", files={"__model__": "0" * 64}).write(fluid)
    trials()
    with pytest.raises(ModelFileError, match=r"__model__ is damaged: its sha256 is not the one in spec\.json"):
        decide(ModelDir.open(fluid), EngineOptions())


def test_onednn_switched_off_is_not_tried(model: ModelDir, trials: Trials) -> None:
    started = trials(plain=answer(1.0))
    reached = decide(model, EngineOptions(onednn=False))
    assert (reached.onednn, reached.reason) == (False, "oneDNN was switched off")
    assert started == [("plain",)]


def test_packed_sequences_are_kept_from_onednn(trials: Trials, tmp_path: Path) -> None:
    packed = ModelDir.open(with_prototxt(echo(tmp_path / "lac", ElementType.FP32, lod=True)))
    started = trials(plain=answer(1.0))
    reached = decide(packed, EngineOptions(onednn=True))
    assert not reached.onednn
    assert reached.reason.endswith("sequences of different lengths in one request (LoD)")
    assert started == [("plain",)]
    with pytest.raises(Unsupported, match=r"lac cannot run in bf16: .*; use fp32"):
        decide(packed, EngineOptions(precision="bf16"))


def test_made_up_input_that_does_not_fit_is_no_fault_of_the_model(model: ModelDir, trials: Trials) -> None:
    trials(plain=REFUSED, onednn=NEVER)
    reached = decide(model, EngineOptions())
    assert reached.reason == "oneDNN was not tried: the engine failed: wrong size on made-up input"


@pytest.mark.parametrize(
    ("outcome", "error", "complaint"),
    [
        (CRASH, ModelFileError, "cannot be served: its trial in a child process, running, ended by SIGSEGV"),
        (Outcome(Step.LOAD, Cause.REFUSED, "it is damaged"), ModelFileError, "^it is damaged$"),
        (HANG, DeadlineExceeded, "gave no answer within 1 s while running; raise SERVING_KIT_TRIAL_TIMEOUT_S"),
        (NEVER, Internal, "check the installation"),
    ],
)
def test_what_fails_without_onednn_cannot_be_served(
    model: ModelDir, trials: Trials, outcome: Outcome, error: type[Exception], complaint: str
) -> None:
    started = trials(plain=outcome, onednn=NEVER)
    for _ in range(2):
        with pytest.raises(error, match=complaint):
            decide(model, EngineOptions())
    assert len(started) == 2, "a failure is not remembered"


def test_a_model_that_refuses_its_own_example_cannot_be_served(with_example: ModelDir, trials: Trials) -> None:
    trials(onednn=REFUSED, plain=REFUSED)
    with pytest.raises(ModelFileError, match="the engine failed: wrong size"):
        decide(with_example, EngineOptions())


def test_short_precision_may_be_rougher_but_not_wrong(with_example: ModelDir, trials: Trials) -> None:
    trials(onednn=answer(8.6))
    reached = decide(with_example, EngineOptions(precision="bf16"))
    assert reached.onednn
    assert reached.reason.startswith("oneDNN in bfloat16 agrees with the golden answer within ")
    trials(onednn=answer(12.0), plain=answer(8.5))
    with pytest.raises(Unsupported, match=r"house cannot run in bf16: .* differs .* by 3\.5; use fp32"):
        decide(with_example, EngineOptions(precision="bf16", cpu_threads=2))
