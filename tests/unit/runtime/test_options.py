from dataclasses import replace

import pytest

from serving_kit.errors import Unsupported
from serving_kit.runtime import options as module
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.options import EngineOptions, Precision, check_supported

AVX512 = frozenset({"avx512f", "avx512bw", "avx512vl", "avx512dq"})


def test_the_defaults_run_everywhere() -> None:
    check_supported(EngineOptions())


@pytest.mark.parametrize(
    ("asked", "flag"),
    [
        ({"gpu_ids": (0,)}, "--gpu_ids"),
        ({"gpu_multi_stream": True}, "--gpu_multi_stream"),
        ({"use_trt": True}, "--use_trt"),
        ({"use_calib": True}, "--use_calib"),
        ({"trt_use_static": True}, "--trt_use_static"),
        ({"use_xpu": True}, "--use_xpu"),
        ({"use_ascend_cl": True}, "--use_ascend_cl"),
        ({"use_lite": True}, "--use_lite"),
    ],
)
def test_what_a_cpu_build_lacks_is_refused_by_name(asked: dict[str, object], flag: str) -> None:
    with pytest.raises(Unsupported, match=rf"^{flag} cannot be honoured: this build of Paddle \(3\.2\.2\)"):
        check_supported(replace(EngineOptions(), **asked))  # type: ignore[arg-type]


def test_int8_on_a_cpu_is_another_model() -> None:
    with pytest.raises(Unsupported, match=r"--precision int8 on a CPU runs a quantised model; make one with python -m"):
        check_supported(EngineOptions(precision="int8"))


def a_build_with(monkeypatch: pytest.MonkeyPatch, *, tensorrt: bool, for_: str = "cuda") -> None:
    """Let Paddle look as if it were built for CUDA or ROCm and found one card."""
    built = paddle()
    monkeypatch.setattr(built, f"is_compiled_with_{for_}", lambda: True)
    monkeypatch.setattr(built.device.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(built.inference, "get_trt_compile_version", lambda: (8, 6, 1) if tensorrt else (0, 0, 0))


def test_a_gpu_build_takes_its_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    a_build_with(monkeypatch, tensorrt=True)
    check_supported(EngineOptions(gpu_ids=(0,)))
    check_supported(EngineOptions(gpu_ids=(0,), use_trt=True, use_calib=True, precision="int8"))
    check_supported(EngineOptions(gpu_ids=(0,), precision="fp16"))
    with pytest.raises(Unsupported, match=r"--gpu_multi_stream cannot be honoured: .*; --workers gives every process"):
        check_supported(EngineOptions(gpu_ids=(0,), gpu_multi_stream=True))


def test_a_dcu_is_a_gpu_of_the_build_for_hip(monkeypatch: pytest.MonkeyPatch) -> None:
    a_build_with(monkeypatch, tensorrt=False, for_="rocm")
    check_supported(EngineOptions(gpu_ids=(0,)))


def test_a_gpu_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    a_build_with(monkeypatch, tensorrt=False)
    with pytest.raises(
        Unsupported, match=r"--gpu_ids 3 cannot be honoured: .* sees 1 GPUs; name one of them, counted from 0"
    ):
        check_supported(EngineOptions(gpu_ids=(0, 3)))


def test_a_model_has_one_kind_of_device() -> None:
    with pytest.raises(Unsupported, match="--gpu_ids and --use_xpu name different devices for one model"):
        check_supported(EngineOptions(gpu_ids=(0,), use_xpu=True))


def test_builds_for_other_devices_take_the_precisions_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paddle(), "is_compiled_with_xpu", lambda: True)
    monkeypatch.setattr(paddle(), "is_compiled_with_custom_device", lambda name: name == "npu")
    check_supported(EngineOptions(use_xpu=True))
    check_supported(EngineOptions(use_ascend_cl=True, precision="fp16"))
    with pytest.raises(Unsupported, match="--precision fp16 is not offered on a Kunlun XPU"):
        check_supported(EngineOptions(use_xpu=True, precision="fp16"))
    with pytest.raises(Unsupported, match="--precision int8 is not offered on an Ascend NPU"):
        check_supported(EngineOptions(use_ascend_cl=True, precision="int8"))


def test_tensorrt_is_refused_where_it_would_be_left_out_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    a_build_with(monkeypatch, tensorrt=True)
    with pytest.raises(Unsupported, match="--use_trt runs on a GPU; name one with --gpu_ids"):
        check_supported(EngineOptions(use_trt=True))
    with pytest.raises(Unsupported, match="--precision int8 on this device runs through TensorRT; add --use_trt"):
        check_supported(EngineOptions(gpu_ids=(0,), precision="int8"))
    a_build_with(monkeypatch, tensorrt=False)
    with pytest.raises(Unsupported, match="--use_trt cannot be honoured"):
        check_supported(EngineOptions(gpu_ids=(0,), use_trt=True))


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_reduced_precision_needs_onednn_and_names_what_the_cpu_lacks(
    precision: Precision, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = EngineOptions(precision=precision)
    monkeypatch.setattr(module, "cpu_flags", lambda: AVX512)
    check_supported(asked)
    with pytest.raises(Unsupported, match=f"--precision {precision} on a CPU runs through oneDNN"):
        check_supported(replace(asked, onednn=False))
    monkeypatch.setattr(module, "cpu_flags", lambda: AVX512 - {"avx512bw", "avx512vl"})
    with pytest.raises(Unsupported, match="this one lacks avx512bw, avx512vl; use --precision fp32"):
        check_supported(asked)
    monkeypatch.setattr(paddle().base.core, "is_compiled_with_onednn", lambda: False)
    with pytest.raises(Unsupported, match="runs through oneDNN, which this build of Paddle lacks"):
        check_supported(asked)


def test_a_cpu_that_computes_bfloat16_by_way_of_float32_is_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "cpu_flags", lambda: AVX512)
    check_supported(EngineOptions(precision="bf16"))
    assert "this CPU has no avx512_bf16" in caplog.text
    caplog.clear()
    monkeypatch.setattr(module, "cpu_flags", lambda: AVX512 | {"avx512_bf16"})
    check_supported(EngineOptions(precision="bf16"))
    assert not caplog.text
