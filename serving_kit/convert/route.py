"""The ways to Paddle's format from others: what each must offer, and which there are."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from serving_kit.convert import onnx, tfjs, torchscript
from serving_kit.convert.source import Source
from serving_kit.convert.translation import Answer, Translation
from serving_kit.types import Array


class Route(Protocol):
    """A foreign format: how its models become Paddle's, and what their own runtime answers."""

    def translate(self, model: Path, folder: Path) -> Translation:
        """Convert `model` inside `folder`, which is made; ModelFileError where it cannot be."""

    def answer(self, model: Path, feeds: Iterable[Mapping[str, Array]], folder: Path) -> Answer:
        """Return the source runtime's answer to the first of `feeds` that it takes; ModelFileError where it takes none.

        Feeds and outputs go by the source's names; `folder` is made for whatever has to be written.
        """

    def versions(self) -> tuple[str, str]:
        """Return the translator and the source runtime with their versions; Unsupported where one is not installed."""


_ROUTES: dict[str, Route] = {"onnx": onnx, "tfjs": tfjs, "torchscript": torchscript}


def of(source: Source) -> Route | None:
    """Return the route that a model has to take; None where it is in a format of Paddle's."""
    return _ROUTES.get(source.format)
