"""What an operation is given when it is called, and the table of all operations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.graph import Node
from serving_kit.errors import ModelFileError
from serving_kit.runtime.framework import paddle
from serving_kit.types import Array

Value: TypeAlias = Flow | Array  # what is computed, and what is known beforehand
Result: TypeAlias = Value | tuple[Value, ...]
Hold: TypeAlias = Callable[[str, Array], Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A node with its inputs; `hold` keeps an array as a parameter of the network, under a name of its own."""

    node: Node
    inputs: Sequence[Value]
    hold: Hold

    def attribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute of the node."""
        return self.node.attributes.get(name, default)

    def known(self, number: int) -> Array:
        """Return an input that must be known beforehand, e.g. a shape; ModelFileError where it is computed."""
        value = self.inputs[number]
        if isinstance(value, Flow):
            raise self.refusal(f"computes its input {number} from the model's; only constants are supported there")
        return value

    def numbers(self, number: int) -> list[int]:
        """Return a known input as a list of whole numbers."""
        return [int(value) for value in self.known(number).ravel()]

    def flow(self, number: int) -> Flow:
        """Return an input as a tensor, a known one as it lies in the graph."""
        value = self.inputs[number]
        return value if isinstance(value, Flow) else Flow(self.constant(number, value))

    def tensor(self, number: int) -> Any:
        """Return an input as a tensor with its axes in the graph's order."""
        return self.flow(number).as_graph()

    def planes(self, number: int) -> Any:
        """Return an input that is an image as [N, C, H, W]; ModelFileError where the graph has it in another way."""
        if self.attribute("data_format", "NHWC") != "NHWC":
            raise self.refusal(f"has data_format {self.attribute('data_format')}; only NHWC is supported")
        return self.flow(number).as_planes()

    def constant(self, number: int, array: Array) -> Any:
        """Return an array as a tensor: weights are parameters, whole numbers and single ones part of the program."""
        if array.dtype == np.float32 and array.size > 1:
            return self.hold(f"{self.node.name}:{number}", array)
        return paddle().to_tensor(array)

    def refusal(self, reason: str) -> ModelFileError:
        """Return the error that names this node."""
        return ModelFileError(f"{self.node.op} {self.node.name!r} {reason}")


Operation: TypeAlias = Callable[[Call], Result]
OPERATIONS: dict[str, Operation] = {}


def operation(*names: str) -> Callable[[Operation], Operation]:
    """Register what computes these operations of TensorFlow; a name taken is a ValueError."""

    def register(compute: Operation) -> Operation:
        taken = sorted(set(names) & OPERATIONS.keys())
        if taken:
            raise ValueError(f"{taken} are registered already")
        OPERATIONS.update(dict.fromkeys(names, compute))
        return compute

    return register
