"""How an engine shall run a model, and whether this machine can."""

import logging
from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from serving_kit.errors import Unsupported
from serving_kit.runtime.framework import cpu_flags, paddle

Precision = Literal["fp32", "fp16", "bf16", "int8"]
EngineName = Literal["paddle", "onnxruntime", "openvino"]

# What oneDNN computes bfloat16 with; with the last of them in hardware, with the others by way of float32.
_BFLOAT16 = ("avx512f", "avx512bw", "avx512vl", "avx512dq")
_NATIVE_BFLOAT16 = "avx512_bf16"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EngineOptions:
    """Settings of one model's engine, named as Paddle Serving's flags are.

    `engine` "paddle" means ONNX Runtime for a model that is served as ONNX. `onednn` None lets a trial decide, and
    concerns Paddle alone. `memory_optim` applies to fluid-era and `.pdmodel` programs; Paddle 3.2 has no
    such pass for PIR programs and refuses the setting there. On a CPU, fp16 and bf16 both mean oneDNN's bfloat16, as
    in Paddle Serving, and int8 means another model (see `serving_kit.quantise`), so that it never gets here. `gpu_ids`
    empty means CPU; each of several gets an engine of its own. `cpu_threads` are threads within one call. `trt_dir` is
    the folder where TensorRT keeps what it worked out about this model, empty for none.
    """

    engine: EngineName = "paddle"
    onednn: bool | None = None
    precision: Precision = "fp32"
    cpu_threads: int = 1
    ir_optim: bool = True
    memory_optim: bool = True
    gpu_ids: tuple[int, ...] = ()
    gpu_memory_mb: int = 50
    gpu_multi_stream: bool = False
    use_trt: bool = False
    use_calib: bool = False
    trt_workspace_size: int = 33554432
    trt_use_static: bool = False
    trt_dir: str = ""
    min_subgraph_size: int = 3
    use_lite: bool = False
    use_xpu: bool = False
    use_ascend_cl: bool = False

    @property
    def on_cpu(self) -> bool:
        """Whether the model runs on the CPU."""
        return not (self.gpu_ids or self.use_xpu or self.use_ascend_cl)

    @property
    def needs_special_build(self) -> bool:
        """Whether not every build of Paddle can do what is asked, so that this one has to be looked at."""
        of_gpu = self.gpu_multi_stream or self.use_trt or self.use_calib or self.trt_use_static
        return of_gpu or self.use_lite or not self.on_cpu


def check_supported(options: EngineOptions) -> None:
    """Raise Unsupported, naming the flag, where this build of Paddle or this CPU cannot do what `options` ask."""
    if options.needs_special_build:  # else Paddle, whose import takes seconds, may not be needed at all
        _check_devices(options)
        _check_build(options, paddle())
    if options.use_trt and not options.gpu_ids:
        raise Unsupported("--use_trt runs on a GPU; name one with --gpu_ids")
    if options.precision != "fp32":
        _check_precision(options)


def _check_devices(options: EngineOptions) -> None:
    kinds = {"--gpu_ids": options.gpu_ids, "--use_xpu": options.use_xpu, "--use_ascend_cl": options.use_ascend_cl}
    named = [flag for flag, asked in kinds.items() if asked]
    if len(named) > 1:
        raise Unsupported(f"{' and '.join(named)} name different devices for one model; keep one of them")


def _check_build(options: EngineOptions, module: ModuleType) -> None:
    build = f"this build of Paddle ({module.__version__})"
    for flag, asked, able, remedy in _demands(options, module):
        if asked and not able:
            raise Unsupported(f"{flag} cannot be honoured: {build} has no support for it; {remedy}")
    if options.gpu_ids:
        count = int(module.device.cuda.device_count())
        absent = [number for number in options.gpu_ids if number >= count]
        if absent:
            raise Unsupported(
                f"--gpu_ids {absent[0]} cannot be honoured: {build} sees {count} GPUs; name one of them, counted from 0"
            )


def _demands(options: EngineOptions, module: ModuleType) -> tuple[tuple[str, bool, bool, str], ...]:
    """Return flag, whether asked, whether able, and the remedy. A DCU is a GPU of the build for HIP."""
    gpu_build = bool(module.is_compiled_with_cuda() or module.is_compiled_with_rocm())
    gpu = gpu_build and module.device.cuda.device_count() > 0
    tensorrt = gpu and any(module.inference.get_trt_compile_version())
    leave_out = "leave the flag out"

    def install(build: str) -> str:
        return f"install {build} (see serving_kit/runtime/HARDWARE.md), or leave the flag out to run on the CPU"

    return (
        ("--gpu_ids", bool(options.gpu_ids), gpu_build, install("the build for CUDA or HIP")),
        (
            "--gpu_multi_stream",
            options.gpu_multi_stream,
            False,  # Paddle 3 took the setting out of Config, and Python cannot give a clone a stream
            f"{leave_out}; --workers gives every process a stream of its own",
        ),
        ("--use_trt", options.use_trt, tensorrt, leave_out),
        ("--use_calib", options.use_calib, tensorrt, leave_out),
        ("--trt_use_static", options.trt_use_static, tensorrt, leave_out),
        ("--use_xpu", options.use_xpu, bool(module.is_compiled_with_xpu()), install("the build for Kunlun XPU")),
        (
            "--use_ascend_cl",
            options.use_ascend_cl,
            bool(module.is_compiled_with_custom_device("npu")),
            install("Paddle's plug-in for Ascend"),
        ),
        (
            "--use_lite",
            options.use_lite,
            False,  # Paddle 3 took the Lite engine out
            f"{leave_out}; on an ARM CPU the build for aarch64 computes without it",
        ),
    )


def _check_precision(options: EngineOptions) -> None:
    asked = f"--precision {options.precision}"
    if options.on_cpu:
        _check_cpu_precision(options, asked)
    elif options.use_xpu:
        raise Unsupported(f"{asked} is not offered on a Kunlun XPU; use --precision fp32")
    elif options.use_ascend_cl and options.precision != "fp16":
        raise Unsupported(f"{asked} is not offered on an Ascend NPU; use --precision fp32 or fp16")
    elif options.precision == "int8" and not options.use_trt:
        raise Unsupported(f"{asked} on this device runs through TensorRT; add --use_trt or use --precision fp16")


def _check_cpu_precision(options: EngineOptions, asked: str) -> None:
    if options.precision == "int8":
        raise Unsupported(f"{asked} on a CPU runs a quantised model; make one with python -m serving_kit.quantise")
    if options.onednn is False:
        raise Unsupported(f"{asked} on a CPU runs through oneDNN; add --use_mkl or use --precision fp32")
    if options.engine == "paddle" and not paddle().base.core.is_compiled_with_onednn():
        raise Unsupported(f"{asked} on a CPU runs through oneDNN, which this build of Paddle lacks; use fp32")
    lacking = [feature for feature in _BFLOAT16 if feature not in cpu_flags()]
    if lacking:
        raise Unsupported(
            f"{asked} needs a CPU with {', '.join(_BFLOAT16)} for bfloat16 and this one lacks {', '.join(lacking)}; "
            "use --precision fp32"
        )
    if _NATIVE_BFLOAT16 not in cpu_flags():
        _logger.warning("%s: this CPU has no %s, so that bfloat16 may be slower than fp32", asked, _NATIVE_BFLOAT16)
