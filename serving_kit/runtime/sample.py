"""A model's own samples: inputs that tell what flows through it, for the scales of int8 or the shapes of TensorRT."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from serving_kit.errors import BadInput
from serving_kit.runtime import golden
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.types import Array, Tensor, TensorSpec

CALIBRATION_FILENAME = "calibration.npz"  # in a model directory, a further sample beside the golden example


def read(model: ModelDir, paths: Sequence[Path] = ()) -> list[dict[str, Tensor]]:
    """Return one set of inputs a file, by real name; the model's own without files.

    A file is an npz of arrays by input name or alias, with the batch axis. BadInput says what does not fit the model,
    or that it has no samples of its own.
    """
    samples = [_sample(model, path) for path in paths] if paths else own(model)
    if not samples:
        raise BadInput(
            f"{model.server_dir} has neither a golden example nor {CALIBRATION_FILENAME}; give --samples, an npz "
            f"file of the inputs {[spec.alias for spec in model.inputs]}"
        )
    return samples


def own(model: ModelDir) -> list[dict[str, Tensor]]:
    """Return the inputs of the golden example and of `calibration.npz`, as far as the directory has them."""
    example = golden.read(model.server_dir)
    calibration = model.server_dir / CALIBRATION_FILENAME
    samples = [example[0]] if example else []
    return samples + ([_sample(model, calibration)] if calibration.is_file() else [])


def _sample(model: ModelDir, path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise BadInput(f"there is no file of samples {path}; give an npz file of arrays by input name")
    arrays = golden.load(path)
    return {spec.name: Tensor(_input(path, spec, arrays)) for spec in model.inputs}


def _input(path: Path, spec: TensorSpec, arrays: Mapping[str, Array]) -> Array:
    array = arrays.get(spec.name, arrays.get(spec.alias))
    if array is None:
        raise BadInput(f"{path} has no array {spec.alias!r}, only {sorted(arrays)}; name one for each input")
    fits = len(array.shape) == len(spec.shape) and all(
        size == wanted or wanted < 0 for size, wanted in zip(array.shape, spec.shape, strict=True)
    )
    if not fits:
        raise BadInput(f"{path}: {spec.alias!r} has the shape {list(array.shape)}, not {list(spec.shape)} (-1 is any)")
    return np.ascontiguousarray(array, dtype=spec.element_type.dtype)
