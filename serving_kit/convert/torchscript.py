"""TorchScript to Paddle, by way of ONNX, and PyTorch's answer to compare with.

A trace brings its own architecture, so nothing of the network need be known here. It does not bring shapes or names:
those are read from `ports.json` among the file's extra files, `{"inputs": {name: {"shape": [...], "dtype": ...}},
"outputs": [name, ...]}`, in the order of the arguments, with -1 for an open axis.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from serving_kit.convert import onnx, torch_runtime
from serving_kit.convert.translation import Answer, Translation
from serving_kit.types import Array


def translate(model: Path, folder: Path) -> Translation:
    """Convert `model` inside `folder`; ModelFileError where it is no TorchScript or cannot be translated."""
    folder.mkdir()
    torch_runtime.run("export", folder, model)
    return onnx.translate(folder / "model.onnx", folder / "onnx")


def answer(model: Path, feeds: Iterable[Mapping[str, Array]], folder: Path) -> Answer:
    """Return PyTorch's answer to the first of `feeds` that it takes; ModelFileError where it takes none."""
    folder.mkdir()
    return torch_runtime.first_answer(model, feeds, folder)


def versions() -> tuple[str, str]:
    """Return the translator and PyTorch with their versions; Unsupported where x2paddle is not installed."""
    return onnx.versions()[0], torch_runtime.version()
