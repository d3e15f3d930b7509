"""A tensor on its way through the network, and how its axes lie."""

from dataclasses import dataclass
from typing import Any

TO_PLANES, TO_ROWS = (0, 3, 1, 2), (0, 2, 3, 1)


@dataclass(frozen=True, slots=True)
class Flow:
    """A Paddle tensor that stands for one of the graph's.

    TensorFlow keeps an image's channels last, Paddle computes with them first. With `planes` the tensor is [N, C, H, W]
    where the graph says [N, H, W, C]: it is turned round once, not for every convolution.
    """

    tensor: Any
    planes: bool = False

    @property
    def rank(self) -> int:
        """How many axes the tensor has."""
        return len(self.tensor.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape as the graph has it, -1 for an axis of any size."""
        shape = tuple(self.tensor.shape)
        return tuple(shape[axis] for axis in TO_ROWS) if self.planes else shape

    def as_graph(self) -> Any:
        """Return the tensor with its axes in the graph's order."""
        return self.tensor.transpose(TO_ROWS) if self.planes else self.tensor

    def as_planes(self) -> Any:
        """Return the tensor of an image as [N, C, H, W]."""
        return self.tensor if self.planes else self.tensor.transpose(TO_PLANES)
