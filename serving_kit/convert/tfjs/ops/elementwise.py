"""Operations on each number by itself, or on each of two tensors."""

from typing import Any

import numpy as np

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.ops import activation, broadcast
from serving_kit.runtime.framework import paddle

_ONE = {
    "Abs": "abs",
    "Exp": "exp",
    "Floor": "floor",
    "Log": "log",
    "Neg": "neg",
    "Reciprocal": "reciprocal",
    "Rsqrt": "rsqrt",
    "Sqrt": "sqrt",
    "Square": "square",
}
_TWO = {
    "Add": "add",
    "AddV2": "add",
    "BiasAdd": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "RealDiv": "divide",
    "FloorDiv": "floor_divide",
    "FloorMod": "mod",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Pow": "pow",
    "Equal": "equal",
    "Greater": "greater_than",
    "GreaterEqual": "greater_equal",
    "Less": "less_than",
    "LessEqual": "less_equal",
}


@operation(*_ONE)
def one(call: Call) -> Flow:
    """Compute a function of one number, wherever its axes lie."""
    flow = call.flow(0)
    return Flow(getattr(paddle(), _ONE[call.node.op])(flow.tensor), flow.planes)


@operation("Relu", "Relu6", "Elu", "Sigmoid", "Tanh")
def activated(call: Call) -> Flow:
    """Compute an activation."""
    flow = call.flow(0)
    return Flow(activation.functions()[call.node.op](flow.tensor), flow.planes)


@operation("LeakyRelu")
def leaky_relu(call: Call) -> Flow:
    """Compute an activation with a slope."""
    return activation.leaky(call, call.flow(0), "alpha")


@operation("Prelu")
def prelu(call: Call) -> Flow:
    """Compute an activation with a slope for every channel."""
    return broadcast.combined(call, call.inputs[0], call.inputs[1], 1, broadcast.prelu)


@operation(*_TWO)
def two(call: Call) -> Flow:
    """Compute a function of two numbers."""
    return broadcast.combined(
        call, call.inputs[0], call.inputs[1], 1, lambda one, other: _two(call.node.op, one, other)
    )


@operation("SquaredDifference")
def squared_difference(call: Call) -> Flow:
    """Square the difference."""
    return broadcast.combined(
        call, call.inputs[0], call.inputs[1], 1, lambda one, other: paddle().square(_two("Sub", one, other))
    )


@operation("AddN")
def add_n(call: Call) -> Flow:
    """Add any number of tensors."""
    total = call.flow(0)
    for number in range(1, len(call.inputs)):
        total = broadcast.combined(call, total, call.inputs[number], number, broadcast.add)
    return total


@operation("Cast")
def cast(call: Call) -> Flow:
    """Turn numbers into another type; towards whole numbers, parts are cut off."""
    flow = call.flow(0)
    return Flow(flow.tensor.astype(call.attribute("DstT")), flow.planes)


def _two(name: str, one: Any, other: Any) -> Any:
    """Call Paddle's function, which wants tensors on both sides."""
    known = next(side.dtype for side in (one, other) if not np.isscalar(side))
    one, other = (paddle().full([], side, known) if np.isscalar(side) else side for side in (one, other))
    return getattr(paddle(), _TWO[name])(one, other)
