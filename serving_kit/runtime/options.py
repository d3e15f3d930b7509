"""How an engine shall run a model, and whether this machine can."""

from dataclasses import dataclass
from types import ModuleType
from typing import Literal

from serving_kit.errors import Unsupported
from serving_kit.runtime.framework import cpu_flags, paddle

Precision = Literal["fp32", "fp16", "bf16", "int8"]


@dataclass(frozen=True)
class EngineOptions:
    """Settings of one model's engine, named as Paddle Serving's flags are.

    `onednn` None lets a trial decide. `memory_optim` applies to fluid-era and `.pdmodel` programs; Paddle 3.2 has no
    such pass for PIR programs and refuses the setting there. On a CPU, fp16 and bf16 both mean oneDNN's bfloat16, as
    in Paddle Serving. `gpu_ids` empty means CPU. `cpu_threads` are threads within one call.
    """

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
        _check_build(options, paddle())
    if options.use_trt and not options.gpu_ids:
        raise Unsupported("--use_trt runs on a GPU; name one with --gpu_ids")
    if options.precision != "fp32":
        _check_precision(options)


def _check_build(options: EngineOptions, module: ModuleType) -> None:
    build = f"this build of Paddle ({module.__version__})"
    for flag, asked, able, remedy in _demands(options, module):
        if asked and not able:
            raise Unsupported(f"{flag} cannot be honoured: {build} has no support for it; {remedy}")


def _demands(options: EngineOptions, module: ModuleType) -> tuple[tuple[str, bool, bool, str], ...]:
    cuda = bool(module.is_compiled_with_cuda()) and module.device.cuda.device_count() > 0
    tensorrt = cuda and any(module.inference.get_trt_compile_version())
    config = module.inference.Config
    on_cpu, leave_out = "leave the flag out to run on the CPU", "leave the flag out"
    return (
        ("--gpu_ids", bool(options.gpu_ids), cuda, on_cpu),
        (
            "--gpu_multi_stream",
            options.gpu_multi_stream,
            cuda and hasattr(config, "enable_gpu_multi_stream"),
            leave_out,
        ),
        ("--use_trt", options.use_trt, tensorrt, leave_out),
        ("--use_calib", options.use_calib, tensorrt, leave_out),
        ("--trt_use_static", options.trt_use_static, tensorrt, leave_out),
        ("--use_xpu", options.use_xpu, bool(module.is_compiled_with_xpu()), on_cpu),
        ("--use_ascend_cl", options.use_ascend_cl, bool(module.is_compiled_with_custom_device("npu")), on_cpu),
        ("--use_lite", options.use_lite, hasattr(config, "enable_lite_engine"), leave_out),
    )


def _check_precision(options: EngineOptions) -> None:
    asked = f"--precision {options.precision}"
    if not options.on_cpu:
        if not options.use_trt:
            raise Unsupported(f"{asked} on this device runs through TensorRT; add --use_trt or use --precision fp32")
        return
    if options.precision == "int8":
        raise Unsupported(f"{asked} needs TensorRT on a GPU; use fp32 or bf16 on the CPU")
    if options.onednn is False:
        raise Unsupported(f"{asked} on a CPU runs through oneDNN; add --use_mkl or use --precision fp32")
    if not {"avx512f", "avx512bw", "avx512vl", "avx512dq"} <= cpu_flags():
        raise Unsupported(f"{asked} needs a CPU with AVX-512 for bfloat16; use --precision fp32 on this one")
