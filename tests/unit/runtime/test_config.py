from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from serving_kit.runtime import config
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.options import EngineOptions


def calls(options: EngineOptions, *, is_pir: bool = False) -> dict[str, Any]:
    """Return the settings that reach Paddle's Config, by name; Config itself cannot be asked about most of them.

    Each has also gone to a real Config, which refuses a wrong argument in any build and a device it lacks in its own
    words.
    """
    real = paddle().inference.Config()
    recorder = Mock(spec=paddle().inference.Config)
    config.apply(recorder, options, is_pir=is_pir)
    for name, args, kwargs in recorder.mock_calls:
        try:
            getattr(real, name)(*args, **kwargs)
        except RuntimeError as error:
            assert "please compile with" in str(error)
    return {name: (args, kwargs) for name, args, kwargs in recorder.mock_calls}


def precision(name: str) -> Any:
    return getattr(paddle().inference.PrecisionType, name)


def test_a_cpu_model_has_its_threads_and_no_onednn_unless_asked() -> None:
    made = calls(EngineOptions(cpu_threads=3))
    assert made["set_cpu_math_library_num_threads"] == ((3,), {})
    assert "disable_mkldnn" in made
    assert "enable_mkldnn" not in made


def test_onednn_computes_bfloat16_for_both_short_precisions() -> None:
    assert "enable_mkldnn_bfloat16" not in calls(EngineOptions(onednn=True))
    assert "enable_mkldnn_bfloat16" in calls(EngineOptions(onednn=True, precision="bf16"))
    assert "enable_mkldnn_bfloat16" in calls(EngineOptions(onednn=True, precision="fp16"))


def test_memory_optimisation_is_kept_from_pir_programs_which_it_breaks() -> None:
    assert "enable_memory_optim" in calls(EngineOptions())
    assert "enable_memory_optim" not in calls(EngineOptions(), is_pir=True)
    assert "enable_memory_optim" not in calls(EngineOptions(memory_optim=False))


@pytest.mark.parametrize(("use_trt", "on"), [(False, False), (True, True)])
def test_tensorrt_forces_graph_optimisation(use_trt: bool, on: bool) -> None:
    made = calls(EngineOptions(gpu_ids=(0,), use_trt=use_trt, ir_optim=False))
    assert made["switch_ir_optim"] == ((on,), {})


def test_a_gpu_computes_in_the_precision_asked() -> None:
    assert calls(EngineOptions(gpu_ids=(1,)))["enable_use_gpu"] == ((50, 1, precision("Float32")), {})
    made = calls(EngineOptions(gpu_ids=(1,), gpu_memory_mb=900, precision="fp16"))
    assert made["enable_use_gpu"] == ((900, 1, precision("Half")), {})
    assert "disable_gpu" not in made


def test_tensorrt_has_its_settings_and_the_precision_in_the_gpus_stead() -> None:
    options = EngineOptions(gpu_ids=(2, 3), gpu_memory_mb=70, use_trt=True, precision="fp16", min_subgraph_size=5)
    made = calls(options)
    assert made["enable_use_gpu"] == ((70, 2), {})
    assert made["enable_tensorrt_engine"][1] == {
        "workspace_size": 33554432,
        "max_batch_size": 32,
        "min_subgraph_size": 5,
        "precision_mode": precision("Half"),
        "use_static": False,
        "use_calib_mode": False,
    }
    assert "set_optim_cache_dir" not in made


def test_tensorrt_calibrates_int8_and_keeps_its_engine_where_it_is_told_to(tmp_path: Path) -> None:
    options = EngineOptions(
        gpu_ids=(0,), use_trt=True, precision="int8", use_calib=True, trt_use_static=True, trt_dir=str(tmp_path)
    )
    made = calls(options)
    assert made["enable_tensorrt_engine"][1]["precision_mode"] == precision("Int8")
    assert made["enable_tensorrt_engine"][1]["use_static"]
    assert made["enable_tensorrt_engine"][1]["use_calib_mode"]
    assert made["set_optim_cache_dir"] == ((str(tmp_path),), {})
    assert "enable_tuned_tensorrt_dynamic_shape" not in made


def test_tensorrt_takes_the_ranges_of_shapes_once_they_are_known(tmp_path: Path) -> None:
    shapes = tmp_path / config.SHAPES_FILENAME
    shapes.touch()
    made = calls(EngineOptions(gpu_ids=(0,), use_trt=True, trt_dir=str(tmp_path)))
    assert made["enable_tuned_tensorrt_dynamic_shape"] == ((str(shapes), True), {})


def test_other_devices_are_switched_on_by_their_own_calls() -> None:
    assert "enable_xpu" in calls(EngineOptions(use_xpu=True))
    made = calls(EngineOptions(use_ascend_cl=True, precision="fp16"))
    assert made["enable_custom_device"] == (("npu", 0, precision("Half")), {})
