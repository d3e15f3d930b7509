"""Which engine computes a model, told by its file: ONNX Runtime an `*.onnx`, Paddle everything else."""

from collections.abc import Sequence
from pathlib import Path

from serving_kit.runtime import onnx_engine, paddle_engine
from serving_kit.runtime.engine import Engine
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.onnx_program import is_onnx
from serving_kit.runtime.options import EngineOptions
from serving_kit.types import TensorSpec


def platform(program: Path) -> str:
    """Return the engine that computes this program, with its version."""
    if is_onnx(program):
        return f"onnxruntime {onnx_engine.onnxruntime().__version__}"
    return f"paddle {paddle().__version__}"


def check(program: Path, options: EngineOptions, specs: Sequence[TensorSpec]) -> None:
    """Raise Unsupported for options that the program's engine cannot honour, or types that it does not carry."""
    if is_onnx(program):
        onnx_engine.check_options(options)
    else:
        paddle_engine.check_types(specs)


def load(
    program: Path,
    params: Path | None,
    options: EngineOptions,
    inputs: Sequence[TensorSpec],
    outputs: Sequence[TensorSpec],
) -> Engine:
    """Load a model in this process; ModelFileError where its engine refuses the files."""
    if is_onnx(program):
        return onnx_engine.OnnxEngine.load(program, options, inputs, outputs)
    return paddle_engine.PaddleEngine.load(program, params, options, inputs, outputs)
