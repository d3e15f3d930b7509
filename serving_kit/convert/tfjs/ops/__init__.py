"""The table of operations: those of each family, which its import registers."""

from serving_kit.convert.tfjs.call import OPERATIONS
from serving_kit.convert.tfjs.ops import (
    convolution,
    elementwise,
    matrix,
    padding,
    pooling,
    reduction,
    resize,
    selection,
    shape,
    slicing,
    transposed_convolution,
)

__all__ = [
    "OPERATIONS",
    "convolution",
    "elementwise",
    "matrix",
    "padding",
    "pooling",
    "reduction",
    "resize",
    "selection",
    "shape",
    "slicing",
    "transposed_convolution",
]
