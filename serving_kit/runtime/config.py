"""Turn our options into `paddle.inference.Config`."""

from pathlib import Path
from typing import Any

from serving_kit.runtime.framework import paddle
from serving_kit.runtime.options import EngineOptions, Precision

MAX_BATCH = 32  # of TensorRT, Paddle Serving's own constant
SHAPES_FILENAME = "shapes.pbtxt"  # the ranges of every tensor's shape, in the folder that is TensorRT's


def build(program: Path, params: Path | None, options: EngineOptions) -> Any:
    """Return the Config for a program and its parameters; `params` None means one file a parameter beside it."""
    config_type = paddle().inference.Config
    is_pir = program.suffix == ".json"
    if params is None:
        config = config_type(str(program.parent))
    elif is_pir and not params.stat().st_size:
        config = config_type(str(program), "")  # else Paddle complains that there is nothing to load
    else:
        config = config_type(str(program), str(params))
    apply(config, options, is_pir=is_pir)
    return config


def apply(config: Any, options: EngineOptions, *, is_pir: bool) -> None:
    """Set everything but the model itself; `options` have passed `check_supported`."""
    config.disable_glog_info()
    config.switch_ir_optim(options.ir_optim or options.use_trt)
    if options.memory_optim and not is_pir:
        config.enable_memory_optim()
    if options.gpu_ids:
        _use_gpu(config, options)
    elif options.use_xpu:
        config.enable_xpu()
    elif options.use_ascend_cl:
        config.enable_custom_device("npu", 0, _precision(options.precision))
    else:
        _use_cpu(config, options)


def _use_cpu(config: Any, options: EngineOptions) -> None:
    config.disable_gpu()
    config.set_cpu_math_library_num_threads(options.cpu_threads)
    if options.onednn:
        config.enable_mkldnn()
        if options.precision in ("fp16", "bf16"):
            config.enable_mkldnn_bfloat16()
    else:
        config.disable_mkldnn()


def _use_gpu(config: Any, options: EngineOptions) -> None:
    precision = _precision(options.precision)
    if not options.use_trt:
        config.enable_use_gpu(options.gpu_memory_mb, options.gpu_ids[0], precision)
        return
    config.enable_use_gpu(options.gpu_memory_mb, options.gpu_ids[0])
    config.enable_tensorrt_engine(
        workspace_size=options.trt_workspace_size,
        max_batch_size=MAX_BATCH,
        min_subgraph_size=options.min_subgraph_size,
        precision_mode=precision,
        use_static=options.trt_use_static,
        use_calib_mode=options.use_calib,
    )
    if options.trt_dir:
        config.set_optim_cache_dir(options.trt_dir)
        shapes = Path(options.trt_dir, SHAPES_FILENAME)
        if shapes.is_file():
            config.enable_tuned_tensorrt_dynamic_shape(str(shapes), True)


def _precision(name: Precision) -> Any:
    names = paddle().inference.PrecisionType
    return {"fp32": names.Float32, "fp16": names.Half, "bf16": names.Bfloat16, "int8": names.Int8}[name]
