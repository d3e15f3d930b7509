import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput, Internal, ModelFileError, Unsupported
from serving_kit.runtime import openvino_engine
from serving_kit.runtime.openvino_engine import OpenvinoEngine, reads
from serving_kit.runtime.options import EngineOptions
from serving_kit.runtime.program import describe
from serving_kit.types import Tensor
from tests.unit.tiny_onnx import counter, scaled


def load(path: Path, options: EngineOptions | None = None) -> OpenvinoEngine:
    program = describe(path)
    return OpenvinoEngine.load(path, None, options or EngineOptions(), program.inputs, program.outputs)


@pytest.fixture
def feeds() -> dict[str, Tensor]:
    row = np.array([[1.0, 2.0]], "float32")
    return {"x": Tensor(row), "state": Tensor(10 * row), "step": Tensor(np.array(3, "int64"))}


def test_scalars_and_outputs_of_one_value_go_in_and_come_out(tmp_path: Path, feeds: dict[str, Tensor]) -> None:
    answer = load(counter(tmp_path / "net.onnx")).run(feeds)
    np.testing.assert_array_equal(answer["sum"].array, [[13, 26]])
    np.testing.assert_array_equal(answer["next"].array, [[13, 26]])


def test_an_answer_outlives_the_next_run(tmp_path: Path) -> None:
    engine = load(scaled(tmp_path / "net.onnx"))
    first = engine.run({"x": Tensor(np.ones((1, 2), "float32"))})["y"].array
    engine.run({"x": Tensor(np.zeros((3, 2), "float32"))})
    np.testing.assert_array_equal(first, [[2, 2]])


def test_arrays_that_cannot_be_shared_are_copied(tmp_path: Path) -> None:
    engine = load(scaled(tmp_path / "net.onnx"))
    received = np.frombuffer(np.array([1, 2], "float32").tobytes(), "float32").reshape(1, 2)
    np.testing.assert_array_equal(engine.run({"x": Tensor(received)})["y"].array, [[2, 4]])
    turned = np.array([[1, 2], [3, 4]], "float32").T
    np.testing.assert_array_equal(engine.run({"x": Tensor(turned)})["y"].array, [[2, 6], [4, 8]])


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
    with pytest.raises(Internal, match=r"^the engine failed: .*incompatible$") as caught:
        load(scaled(tmp_path / "net.onnx")).run({"x": Tensor(np.ones((1, 3), "float32"))})
    assert "\n" not in str(caught.value)


def test_a_model_it_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\xff" * 64)
    with pytest.raises(ModelFileError, match=r"net\.onnx cannot be loaded by OpenVINO \(.*\); use --engine paddle"):
        OpenvinoEngine.load(tmp_path / "net.onnx", None, EngineOptions(), (), ())


@pytest.mark.parametrize(("precision", "computed_in"), [("fp32", "f32"), ("bf16", "bf16"), ("fp16", "bf16")])
def test_the_precision_is_as_asked_and_never_the_machines_choice(precision: str, computed_in: str) -> None:
    settings = openvino_engine._settings(EngineOptions(precision=precision))  # type: ignore[arg-type]
    assert settings["INFERENCE_PRECISION_HINT"] == computed_in


def test_each_run_has_its_threads_and_all_cores_have_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_engine, "core_count", lambda: 8)
    settings = openvino_engine._settings(EngineOptions(cpu_threads=4))
    assert (settings["NUM_STREAMS"], settings["INFERENCE_NUM_THREADS"]) == (2, 8)
    settings = openvino_engine._settings(EngineOptions(cpu_threads=16))
    assert (settings["NUM_STREAMS"], settings["INFERENCE_NUM_THREADS"]) == (1, 16)


def test_only_programs_of_paddle_2_are_read_as_they_are(legacy: Path, pir: Path, fluid: Path) -> None:
    assert not reads(legacy / "model.pdmodel"), "its version is 1.8"
    assert not reads(pir / "model.json")
    assert not reads(fluid / "__model__")


def test_without_the_package_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(Unsupported, match=r"needs openvino; install serving-kit\[zoo\]"):
        openvino_engine.openvino()
