"""From a model directory over the command to what a server with `--engine auto` would load."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from serving_kit.runtime import golden
from serving_kit.runtime.load import load
from serving_kit.serve.flags import parse_flags
from serving_kit.serve.plan import ModelPlan, plan_models
from serving_kit.serve.tuning import settle
from serving_kit.settings import settings
from serving_kit.tune import FILENAME, Result
from serving_kit.tune.__main__ import main
from serving_kit.types import Tensor
from tests.unit.tiny_models import ROW, ROW_ANSWER, pir_linear, with_prototxt

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tune the linear model against ONNX Runtime, with a cache of its own."""
    folder = tmp_path_factory.mktemp("tuned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("serving_kit.tune.search._MOST_S", 0.1)
        patch.setenv("SERVING_KIT_CACHE_DIR", str(folder / "cache"))
        settings.cache_clear()
        house = with_prototxt(pir_linear(folder / "house"))
        golden.write(house, {"input": Tensor(ROW)}, {"fetch_name_0": Tensor(ROW_ANSWER)})
        assert main([str(house), "--budget_s", "600", "--engines", "onnxruntime", "--cores", "1"]) == 0
        yield house
    settings.cache_clear()


def test_every_engine_is_measured_alone_and_in_batches(tuned: Path) -> None:
    result = Result.read(tuned / FILENAME)
    assert not result.refusals
    measured = {(each.candidate.engine, each.candidate.batch) for each in result.measurements}
    assert {("paddle", 1), ("onnxruntime", 1)} <= measured
    assert any(batch > 1 for _, batch in measured)
    assert result.throughput.candidate.engine == "onnxruntime", "Paddle's call costs it ten times as much"


def test_a_server_would_load_the_winner_and_say_why(tuned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving_kit.serve.plan.core_count", lambda: 1)
    plan: ModelPlan
    (plan,) = plan_models(parse_flags(["--model", str(tuned), "--engine", "auto", "--tune_budget_s", "600"]))
    plan = settle(plan)
    loaded = load(plan.path, plan.options).explained(plan.reason)
    np.testing.assert_allclose(loaded.engine.run({"input": Tensor(ROW)})["fetch_name_0"].array, ROW_ANSWER)
    metadata = loaded.metadata()
    assert metadata["engine"] == "onnxruntime"
    assert metadata["platform"].startswith("onnxruntime 1.")
    assert metadata["engine_reason"].startswith("ONNX Runtime agrees with Paddle within ")
    assert "requests/s; paddle, 1 x 1 thread" in metadata["engine_reason"]
