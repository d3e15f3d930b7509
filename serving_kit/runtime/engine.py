"""What every engine offers, whatever computes inside."""

from collections.abc import Mapping
from typing import Protocol

from serving_kit.types import Tensor, TensorSpec


class Engine(Protocol):
    """A loaded model. `run` is not thread-safe: give each thread its own clone; `clone` is."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]

    def run(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Compute every output, by real name, from every input, by real name; Internal where the engine fails."""
        ...

    def clone(self) -> "Engine":
        """Return an engine for another thread that shares this one's weights."""
        ...
