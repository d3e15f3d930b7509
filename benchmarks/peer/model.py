"""The models of the comparison: exported once a run, so that every server computes the same graph and weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peer import export
from serving_kit.types import Array, Tensor

FEED, FETCH = "x", "y"
"""The names of every model's input and output."""


@dataclass(frozen=True)
class Model:
    """What is served; `build` returns a Paddle layer, `shape` is one request's, of float32.

    `batch` is the largest batch for servers that merge requests, by what merging gains in one process.
    """

    slug: str
    title: str
    shape: tuple[int, ...]
    build: Callable[[], Any]
    wires: tuple[str, ...]
    concurrency: tuple[int, ...]
    batch: int


@dataclass(frozen=True)
class Made:
    """A model on disk: as one ONNX file, and as model directories of this project around ONNX and around Paddle.

    `array` is the content of every request, `expected` the in-process answer to it.
    """

    model: Model
    onnx: Path
    directory: Path
    paddle_directory: Path
    array: Array
    expected: Array

    @property
    def slug(self) -> str:
        """The model's name on every server."""
        return self.model.slug

    @property
    def tensor(self) -> Tensor:
        """The content of every request as this project's own type."""
        return Tensor(self.array)


def make(model: Model, folder: Path) -> Made:
    """Export a model in all forms into a folder, and compute the answer that every server must give."""
    array = np.random.default_rng(0).standard_normal(model.shape, np.float32)
    exported = export.export(model.build, model.shape, folder / model.slug, (FEED, FETCH))
    expected = export.answer(exported.onnx, {FEED: array})
    return Made(model, exported.onnx, exported.directory, exported.paddle_directory, array, expected)


def models(slugs: Sequence[str] = ()) -> tuple[Model, ...]:
    """Return the models of these slugs, all of them where none is named."""
    return tuple(model for model in MODELS if not slugs or model.slug in slugs)


def _linear() -> Any:
    return export.paddle().nn.Linear(13, 1)


def _mobilenet() -> Any:
    return export.paddle().vision.models.mobilenet_v3_small()


def _resnet() -> Any:
    return export.paddle().vision.models.resnet50()


_IMAGE = (1, 3, 224, 224)

MODELS = (
    Model("m1", "linear, 13 numbers to 1", (1, 13), _linear, ("json", "binary"), (1, 8, 32), 32),
    Model("m2", "MobileNetV3-small, 3 x 224 x 224", _IMAGE, _mobilenet, ("binary",), (1, 8, 32), 8),
    # The concurrencies of Paddle Serving's published ResNet_v2_50 benchmark.
    Model("m3", "ResNet50, 3 x 224 x 224", _IMAGE, _resnet, ("binary",), (1, 8, 32, 70, 100), 1),
)
