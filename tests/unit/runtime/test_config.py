from typing import Any
from unittest.mock import Mock

import pytest

from serving_kit.runtime import config
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.options import EngineOptions


def calls(options: EngineOptions, *, is_pir: bool = False) -> dict[str, Any]:
    """Return the settings that reach Paddle's Config, by name; Config itself cannot be asked about most of them."""
    recorder = Mock(spec=paddle().inference.Config)
    config.apply(recorder, options, is_pir=is_pir)
    return {name: (args, kwargs) for name, args, kwargs in recorder.mock_calls}


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


def test_a_gpu_model_takes_its_first_card_and_tensorrts_settings() -> None:
    options = EngineOptions(gpu_ids=(2, 3), gpu_memory_mb=70, use_trt=True, precision="fp16", min_subgraph_size=5)
    made = calls(options)
    assert made["enable_use_gpu"] == ((70, 2), {})
    assert made["enable_tensorrt_engine"][1] == {
        "workspace_size": 33554432,
        "max_batch_size": 32,
        "min_subgraph_size": 5,
        "precision_mode": paddle().inference.PrecisionType.Half,
        "use_static": False,
        "use_calib_mode": False,
    }
    assert "disable_gpu" not in made


def test_other_devices_are_switched_on_by_their_own_calls() -> None:
    assert "enable_xpu" in calls(EngineOptions(use_xpu=True))
    assert calls(EngineOptions(use_ascend_cl=True))["enable_custom_device"] == (("npu",), {})
