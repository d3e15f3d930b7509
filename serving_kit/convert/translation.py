"""What a route to Paddle's format gives: the translated model, and the source runtime's answer to compare with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from serving_kit.convert.source import Source
from serving_kit.types import Array, Tensor


@dataclass(frozen=True, slots=True)
class Translation:
    """A Paddle model made from another format; names are the source's own, in the order of the Paddle program's."""

    source: Source
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the source runtime answered, and to which input; keyed by the source's names."""

    feeds: dict[str, Array]
    outputs: dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Reference:
    """The runtime that a Paddle model came from before it was handed over, to compare its answer with.

    `answer` takes tensors keyed by alias and returns them keyed by alias or by the Paddle program's names.
    """

    source_format: str
    made_by: str
    answer: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]
