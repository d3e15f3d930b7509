from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import Unsupported
from serving_kit.runtime import agreement, golden
from serving_kit.runtime.agreement import must_agree
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.trial import Cause, Outcome, Step
from serving_kit.types import Tensor
from tests.unit.tiny_models import ROW, ROW_ANSWER

OPENVINO = EngineOptions(engine="openvino")
Script = Callable[..., list[dict[str, tuple[int, ...]]]]


def answer(*values: float) -> Outcome:
    return Outcome(Step.DONE, answer={"y": Tensor(np.array([[value] for value in values], "float32"))})


CRASH = Outcome(Step.EXPORT, Cause.DIED, "ended by SIGABRT (no such operator)")
REFUSED = Outcome(Step.RUN, Cause.REFUSED, "the engine failed: wrong size")


@pytest.fixture
def trials(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Let trials end as told, one after the other, and note the shapes of the inputs that each was given."""

    def script(*outcomes: dict[str, Outcome]) -> list[dict[str, tuple[int, ...]]]:
        left, shapes = list(outcomes), []

        def attempt(_files: Any, _ports: Any, feeds: Sequence[Mapping[str, Tensor]], stages: Any, **_: Any) -> Any:
            shapes.extend([{name: tensor.array.shape for name, tensor in each.items()} for each in feeds])
            outcome = left.pop(0)
            assert outcome.keys() == stages.keys()
            return outcome

        monkeypatch.setattr(agreement, "attempt", attempt)
        return shapes

    return script


@pytest.fixture
def with_example(legacy: Path) -> ModelDir:
    golden.write(legacy, {"x": Tensor(ROW)}, {"y": Tensor(ROW_ANSWER)})
    return ModelDir.open(legacy)


def test_an_engine_must_give_the_golden_answer_and_paddles_to_two_rows(with_example: ModelDir, trials: Script) -> None:
    shapes = trials({"engine": answer(8.5001)}, {"plain": answer(8.5, 8.5), "engine": answer(8.5, 8.5003)})
    assert must_agree(with_example, OPENVINO, 1) == pytest.approx(3e-4, rel=0.1)
    assert shapes == [{"x": (1, 3)}, {"x": (2, 3)}]


def test_a_wrong_answer_says_how_far_it_was_off(with_example: ModelDir, trials: Script) -> None:
    trials({"engine": answer(9.0)})
    with pytest.raises(
        Unsupported, match=r"^legacy cannot run on OpenVINO: it differs from the golden answer by 0\.5;"
    ):
        must_agree(with_example, OPENVINO, 1)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (answer(8.5), "differs from Paddle's answer to another size by inf"),
        (answer(8.5, 3.5), "differs from Paddle's answer to another size by 5"),
        (REFUSED, "running there, it failed: the engine failed: wrong size"),
    ],
)
def test_an_export_that_knows_one_size_only_is_refused(
    with_example: ModelDir, trials: Script, wrong: Outcome, why: str
) -> None:
    trials({"engine": answer(8.5)}, {"plain": answer(8.5, 8.5), "engine": wrong})
    with pytest.raises(Unsupported, match=why):
        must_agree(with_example, OPENVINO, 1)


def test_a_size_that_paddle_does_not_take_either_proves_nothing(with_example: ModelDir, trials: Script) -> None:
    trials({"engine": answer(8.5)}, {"plain": REFUSED, "engine": REFUSED})
    assert must_agree(with_example, OPENVINO, 1) == 0


def test_what_kills_the_child_is_told(with_example: ModelDir, trials: Script) -> None:
    trials({"engine": CRASH})
    with pytest.raises(Unsupported, match=r"being written as ONNX there, it ended by SIGABRT \(no such operator\);"):
        must_agree(with_example, OPENVINO, 1)


def test_without_an_example_paddles_answer_to_made_up_input_is_expected(legacy: Path, trials: Script) -> None:
    model = ModelDir.open(legacy)
    trials({"plain": answer(1), "engine": answer(1)}, {"plain": answer(1, 1), "engine": answer(1, 1)})
    assert must_agree(model, OPENVINO, 1) == 0
    trials({"plain": REFUSED, "engine": REFUSED})
    with pytest.raises(Unsupported, match="there is nothing to compare with: the engine failed: wrong size on made-up"):
        must_agree(model, OPENVINO, 1)


def test_open_axes_beyond_the_batch_are_halved(conv: Path, trials: Script) -> None:
    picture = Tensor(np.zeros((1, 4, 8, 8), "float32"))
    drawn = Outcome(Step.DONE, answer={"fetch_name_0": picture})
    shapes = trials({"plain": drawn, "engine": drawn}, {"plain": drawn, "engine": drawn})
    must_agree(ModelDir.open(conv), OPENVINO, 1)
    assert shapes[-2:] == [{"x": (2, 3, 32, 32)}, {"x": (2, 3, 64, 64)}]
