"""Which engine computes a model, and in what form it takes the model's file.

Paddle computes a Paddle program and ONNX Runtime an `*.onnx` unless the options name another. ONNX Runtime and OpenVINO
take Paddle programs as ONNX files (see `serving_kit.runtime.onnx_export`); OpenVINO also reads a `.pdmodel` as it is.
"""

from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType

from serving_kit.errors import ModelFileError, Unsupported
from serving_kit.runtime import onnx_engine, onnx_export, openvino_engine, paddle_engine
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.onnx_program import is_onnx
from serving_kit.runtime.options import EngineName, EngineOptions
from serving_kit.types import TensorSpec

_MODULES: dict[EngineName, Callable[[], ModuleType]] = {
    "paddle": paddle,
    "onnxruntime": onnx_engine.onnxruntime,
    "openvino": openvino_engine.openvino,
}
_PACKAGES: dict[EngineName, str] = {"paddle": "paddlepaddle", "onnxruntime": "onnxruntime", "openvino": "openvino"}
TITLES: dict[EngineName, str] = {"paddle": "Paddle", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}


def engine_of(program: Path, options: EngineOptions) -> EngineName:
    """Return the engine that computes this program: that of the options, but an ONNX model never runs on Paddle."""
    return "onnxruntime" if options.engine == "paddle" and is_onnx(program) else options.engine


def platform(program: Path, options: EngineOptions | None = None) -> str:
    """Return the engine that computes this program, with its version."""
    engine = engine_of(program, options or EngineOptions())
    version = installed(engine) or str(_MODULES[engine]().__version__)
    return f"{engine} {version.partition('-')[0]}"


def installed(engine: EngineName) -> str | None:
    """Return the version of an engine without loading it; None where it is not installed."""
    try:
        return metadata.version(_PACKAGES[engine])
    except metadata.PackageNotFoundError:
        return None


def check(program: Path, options: EngineOptions, specs: Sequence[TensorSpec]) -> None:
    """Raise Unsupported for options that the program's engine cannot honour, or types that it does not carry."""
    engine = engine_of(program, options)
    if engine == "paddle":
        paddle_engine.check_types(specs)
        return
    packed = [spec.alias for spec in specs if spec.is_lod]
    if packed:
        raise Unsupported(
            f"variable {packed[0]!r} holds sequences of different lengths (LoD), which {TITLES[engine]} does not know; "
            "use --engine paddle"
        )
    if is_onnx(program) and options.engine == "paddle":
        onnx_engine.check_options(options)
    else:
        _check_options(engine, options)


def export_path(program: Path, params: Path | None, options: EngineOptions) -> Path | None:
    """Return where the ONNX file is kept that the engine needs of this program; None where it reads the program."""
    engine = engine_of(program, options)
    if engine == "paddle" or is_onnx(program) or (engine == "openvino" and openvino_engine.reads(program)):
        return None
    return onnx_export.path_of(program, params)


def load(
    program: Path,
    params: Path | None,
    options: EngineOptions,
    inputs: Sequence[TensorSpec],
    outputs: Sequence[TensorSpec],
) -> Engine:
    """Load a model in this process; ModelFileError where its engine refuses the files, or the ONNX file is not made."""
    engine = engine_of(program, options)
    if engine == "paddle":
        return paddle_engine.PaddleEngine.load(program, params, options, inputs, outputs)
    exported = export_path(program, params, options)
    if exported and not exported.exists():
        raise ModelFileError(f"the ONNX file of {program.parent} is gone from the cache; start again to make it anew")
    if engine == "onnxruntime":
        return onnx_engine.OnnxEngine.load(exported or program, options, inputs, outputs)
    return openvino_engine.OpenvinoEngine.load(
        exported or program, None if exported else params, options, inputs, outputs
    )


def _check_options(engine: EngineName, options: EngineOptions) -> None:
    flag = f"--engine {engine}"
    if not options.on_cpu or options.use_trt or options.use_lite:
        raise Unsupported(f"{flag} computes on the CPU only; leave it out for other devices")
    takes_short = engine == "openvino"
    if options.precision != "fp32" and not (takes_short and options.precision in ("bf16", "fp16")):
        raise Unsupported(
            f"--precision {options.precision} cannot be honoured with {flag}; use --precision fp32"
            + (" or bf16" if takes_short else "")
        )
