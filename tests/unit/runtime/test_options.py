from dataclasses import replace

import pytest

from serving_kit.errors import Unsupported
from serving_kit.runtime import options as module
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.options import EngineOptions, check_supported

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


def test_int8_is_refused_on_a_cpu() -> None:
    with pytest.raises(Unsupported, match="--precision int8 needs TensorRT"):
        check_supported(EngineOptions(precision="int8"))


def a_build_with(monkeypatch: pytest.MonkeyPatch, *, tensorrt: bool) -> None:
    """Let Paddle look as if it were built for CUDA and found one card."""
    built = paddle()
    monkeypatch.setattr(built, "is_compiled_with_cuda", lambda: True)
    monkeypatch.setattr(built.device.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(built.inference, "get_trt_compile_version", lambda: (8, 6, 1) if tensorrt else (0, 0, 0))


def test_a_gpu_build_takes_its_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    a_build_with(monkeypatch, tensorrt=True)
    check_supported(EngineOptions(gpu_ids=(0,)))
    check_supported(EngineOptions(gpu_ids=(0,), use_trt=True, use_calib=True, precision="int8"))
    with pytest.raises(Unsupported, match="--gpu_multi_stream cannot be honoured"):
        check_supported(EngineOptions(gpu_ids=(0,), gpu_multi_stream=True))


def test_tensorrt_is_refused_where_it_would_be_left_out_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    a_build_with(monkeypatch, tensorrt=True)
    with pytest.raises(Unsupported, match="--use_trt runs on a GPU; name one with --gpu_ids"):
        check_supported(EngineOptions(use_trt=True))
    with pytest.raises(Unsupported, match="--precision fp16 on this device runs through TensorRT"):
        check_supported(EngineOptions(gpu_ids=(0,), precision="fp16"))
    a_build_with(monkeypatch, tensorrt=False)
    with pytest.raises(Unsupported, match="--use_trt cannot be honoured"):
        check_supported(EngineOptions(gpu_ids=(0,), use_trt=True))


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_reduced_precision_needs_onednn_and_avx512(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = replace(EngineOptions(), precision=precision)  # type: ignore[arg-type]
    monkeypatch.setattr(module, "cpu_flags", lambda: AVX512)
    check_supported(asked)
    with pytest.raises(Unsupported, match=f"--precision {precision} on a CPU runs through oneDNN"):
        check_supported(replace(asked, onednn=False))
    monkeypatch.setattr(module, "cpu_flags", lambda: AVX512 - {"avx512bw"})
    with pytest.raises(Unsupported, match="AVX-512"):
        check_supported(asked)
