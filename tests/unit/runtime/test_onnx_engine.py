import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput, Internal, ModelFileError, Unsupported
from serving_kit.runtime import onnx_engine
from serving_kit.runtime.onnx_engine import OnnxEngine, check_options
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.program import describe
from serving_kit.types import Tensor
from tests.unit.tiny_onnx import counter, scaled


def load(path: Path, options: EngineOptions | None = None) -> OnnxEngine:
    program = describe(path)
    return OnnxEngine.load(path, options or EngineOptions(), program.inputs, program.outputs)


@pytest.fixture
def feeds() -> dict[str, Tensor]:
    row = np.array([[1.0, 2.0]], "float32")
    return {"x": Tensor(row), "state": Tensor(10 * row), "step": Tensor(np.array(3, "int64"))}


def test_scalars_and_states_go_in_and_come_out(tmp_path: Path, feeds: dict[str, Tensor]) -> None:
    answer = load(counter(tmp_path / "net.onnx")).run(feeds)
    np.testing.assert_array_equal(answer["sum"].array, [[13, 26]])
    np.testing.assert_array_equal(answer["next"].array, [[13, 26]])


def test_clones_answer_at_the_same_time(tmp_path: Path) -> None:
    engine = load(scaled(tmp_path / "net.onnx"))

    def ask(number: int) -> float:
        (answer,) = engine.clone().run({"x": Tensor(np.full((1, 2), number, "float32"))}).values()
        return float(answer.array[0, 0])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(50))) == [2.0 * number for number in range(50)]


def test_an_input_too_few_is_named(tmp_path: Path, feeds: dict[str, Tensor]) -> None:
    del feeds["step"]
    with pytest.raises(BadInput, match=r"needs \['state', 'step', 'x'\]; \['step'\] are missing"):
        load(counter(tmp_path / "net.onnx")).run(feeds)


def test_what_the_engine_refuses_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Internal, match=r"^the engine failed: .*[Ii]nvalid dimensions.*$") as caught:
        load(scaled(tmp_path / "net.onnx")).run({"x": Tensor(np.ones((1, 3), "float32"))})
    assert "\n" not in str(caught.value)


def test_a_model_it_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelFileError, match=r"net\.onnx cannot be loaded by ONNX Runtime \(.*\); fetch or export"):
        OnnxEngine.load(tmp_path / "net.onnx", EngineOptions(), (), ())


def test_threads_and_optimisation_are_as_asked(tmp_path: Path) -> None:
    def settings(options: EngineOptions) -> Any:
        return load(scaled(tmp_path / "net.onnx"), options)._session.get_session_options()

    plain, asked = settings(EngineOptions()), settings(EngineOptions(cpu_threads=3, ir_optim=False))
    assert (plain.intra_op_num_threads, asked.intra_op_num_threads) == (1, 3)
    assert plain.graph_optimization_level != asked.graph_optimization_level
    assert asked.graph_optimization_level == onnx_engine.onnxruntime().GraphOptimizationLevel.ORT_DISABLE_ALL


@pytest.mark.parametrize(
    ("wish", "flag"),
    [
        ({"gpu_ids": (0,)}, "--gpu_ids"),
        ({"use_trt": True}, "--use_trt"),
        ({"use_xpu": True}, "--use_xpu"),
        ({"use_lite": True}, "--use_lite"),
        ({"precision": "bf16"}, "--precision bf16"),
    ],
)
def test_what_it_cannot_honour_is_refused_by_its_flag(wish: dict[str, Any], flag: str) -> None:
    with pytest.raises(Unsupported, match=f"^{flag} cannot be honoured: an ONNX model .* leave the flag out"):
        check_options(replace(EngineOptions(), **wish))


def test_what_is_always_set_is_not_refused() -> None:
    check_options(EngineOptions(onednn=True, cpu_threads=8, memory_optim=False))


def test_without_the_package_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Unsupported, match=r"needs onnxruntime; install serving-kit\[zoo\]"):
        onnx_engine.onnxruntime()


def test_onnx_runtime_reports_nothing_and_numbers_no_machine(tmp_path: Path) -> None:
    program = "from serving_kit.runtime.onnx_engine import onnxruntime; onnxruntime()"
    own = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | own
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
