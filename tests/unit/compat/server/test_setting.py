import inspect
from typing import Any

import pytest

from serving_kit.compat.server.setting import Settings
from serving_kit.errors import Unsupported

PLAIN = ["--max_body_size", "67108864", "--mem_optim_off"]
ALWAYS = set(PLAIN)


@pytest.mark.parametrize(
    ("setter", "value", "flags"),
    [
        ("set_host", "0.0.0.0", ["--host", "0.0.0.0"]),  # noqa: S104 - nothing listens
        ("set_port", 9393, ["--port", "9393"]),
        ("set_port", 0, ["--port", "0"]),
        ("set_max_concurrency", 7, ["--queue_limit", "7"]),
        ("set_max_concurrency", 0, []),
        ("set_max_body_size", 1 << 30, ["1073741824"]),
        ("set_max_body_size", 1, []),
        ("set_ir_optimize", True, ["--ir_optim"]),
        ("use_mkl", True, ["--use_mkl"]),
        ("use_mkl", False, []),
        ("set_precision", "bf16", ["--precision", "bf16"]),
        ("set_cpu_math_thread_num", 2, ["--cpu_math_thread_num", "2"]),
        ("set_runtime_thread_num", [2, 0], ["--runtime_thread_num", "2", "0"]),
        ("set_runtime_thread_num", 2, ["--runtime_thread_num", "2"]),
        ("set_batch_infer_size", [8], ["--batch_infer_size", "8"]),
        ("set_request_cache_size", 100, ["--request_cache_size", "100"]),
        ("set_enable_prometheus", True, ["--enable_prometheus"]),
        ("set_product_name", "p", ["--product_name", "p"]),
        ("set_container_id", "c", ["--container_id", "c"]),
    ],
)
def test_a_setting_becomes_a_flag(setter: str, value: Any, flags: list[str]) -> None:
    settings = Settings()
    getattr(settings, setter)(value)
    assert [word for word in settings.arguments() if word not in ALWAYS] == flags


@pytest.mark.parametrize("setter", ["set_lite", "set_xpu", "set_ascend_cl"])
def test_a_device_becomes_a_flag(setter: str) -> None:
    settings = Settings()
    getattr(settings, setter)()
    assert f"--use_{setter.removeprefix('set_')}" in settings.arguments()


def test_the_defaults_are_those_of_the_old_server() -> None:
    assert Settings().arguments() == PLAIN
    settings = Settings()
    settings.set_memory_optimize(True)
    assert "--mem_optim_off" not in settings.arguments()


def test_what_has_no_effect_without_its_partner_is_ignored_as_before() -> None:
    settings = Settings()
    settings.set_prometheus_port(9)
    settings.set_gpu_memory_mb(9)
    settings.set_trt_workspace_size(9)
    settings.set_trt_use_static(True)
    settings.set_use_calib(True)
    settings.set_min_subgraph_size([9])
    settings.set_gpuid(3)
    assert settings.arguments() == PLAIN


@pytest.mark.parametrize(
    ("gpuid", "words"),
    [(1, ["1"]), ("0,1", ["0,1"]), (["0,1", "-1"], ["0,1", "-1"]), ([], ["0"]), ([0, 1], ["0", "1"])],
)
def test_gpus_are_used_where_the_device_is_one(gpuid: Any, words: list[str]) -> None:
    settings = Settings()
    settings.set_gpuid(gpuid)
    settings.set_device("gpu")
    assert settings.arguments() == [*PLAIN, "--gpu_ids", *words]


def test_tensorrt_takes_a_gpu_by_itself_and_its_own_settings() -> None:
    settings = Settings()
    settings.set_trt()
    settings.set_gpu_multi_stream()
    settings.set_min_subgraph_size([5])
    words = settings.arguments()
    assert words[words.index("--gpu_ids") + 1] == "0"
    assert {"--use_trt", "--gpu_multi_stream", "--min_subgraph_size", "5"} <= set(words)


def test_what_no_flag_stands_for_is_refused_or_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings()
    settings.set_trt_dynamic_shape_info([])
    settings.set_enable_dist_model(False)
    with pytest.raises(Unsupported, match="dynamic shapes"):
        settings.set_trt_dynamic_shape_info([{"min_input_shape": {"x": [1, 3]}}])
    with pytest.raises(Unsupported, match="distributed models"):
        settings.set_enable_dist_model(True)
    settings.set_reload_interval(10)
    assert "set_reload_interval has no effect" in caplog.text
    assert settings.arguments() == PLAIN


def test_every_setter_of_the_old_builder_is_there() -> None:
    names = """max_concurrency num_threads max_body_size port precision use_calib reload_interval memory_optimize
    ir_optimize product_name container_id device gpuid runtime_thread_num batch_infer_size trt gpu_multi_stream lite xpu
    ascend_cl enable_prometheus prometheus_port request_cache_size min_subgraph_size trt_dynamic_shape_info
    gpu_memory_mb cpu_math_thread_num trt_workspace_size trt_use_static"""
    methods = dict(inspect.getmembers(Settings, inspect.isfunction))
    assert {f"set_{name}" for name in names.split()} <= methods.keys()
