"""What TensorRT must know of a model before it is loaded: a folder to keep things in, and the ranges of its shapes."""

import hashlib
from dataclasses import replace

from serving_kit.checksum import file_sha256
from serving_kit.errors import Unsupported
from serving_kit.runtime import sample, shape_range
from serving_kit.runtime.config import SHAPES_FILENAME
from serving_kit.runtime.framework import paddle
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.runtime.options import EngineOptions
from serving_kit.settings import settings


def prepare(model: ModelDir, options: EngineOptions) -> EngineOptions:
    """Return the options with `trt_dir` set, the ranges of shapes collected there once.

    The samples are the model's own; a model without any gets no ranges, so that its shapes must be fixed. Raises
    Unsupported for a PIR program, ModelFileError where the model does not take its own samples.
    """
    if not options.use_trt:
        return options
    if model.program.suffix == ".json":
        raise Unsupported(
            f"--use_trt cannot be honoured: {model.name} is a PIR program, which Paddle 3 prepares for TensorRT with "
            "paddle.tensorrt.convert and not at load; leave the flag out or serve the model as .pdmodel"
        )
    folder = settings().cache_dir / "tensorrt" / _key(model, options)
    folder.mkdir(parents=True, exist_ok=True)
    options = replace(options, trt_dir=str(folder))
    samples = sample.own(model)
    if samples and not (folder / SHAPES_FILENAME).is_file():
        shape_range.collect(model, options, samples, folder / SHAPES_FILENAME)
    return options


def _key(model: ModelDir, options: EngineOptions) -> str:
    module = paddle()
    versions = f"{module.__version__} {module.inference.get_trt_compile_version()} {options.precision}"
    digest = hashlib.sha256(versions.encode())
    own = (model.server_dir / sample.CALIBRATION_FILENAME,)
    for path in (model.program, *model.parameter_files, *(path for path in own if path.is_file())):
        digest.update(file_sha256(path).encode())
    return f"{model.name}-{digest.hexdigest()[:16]}"
