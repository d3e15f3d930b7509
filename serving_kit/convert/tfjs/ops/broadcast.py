"""Two operands of different shapes, in whichever order their axes lie."""

from collections.abc import Callable
from typing import Any

import numpy as np

from serving_kit.convert.tfjs.call import Call, Value
from serving_kit.convert.tfjs.flow import TO_PLANES, Flow
from serving_kit.runtime.framework import paddle

Combine = Callable[[Any, Any], Any]


def combined(call: Call, left: Value, right: Value, number: int, combine: Combine) -> Flow:
    """Combine two values, `right` being the node's input of that number; planes stay planes where both can be."""
    planes = [isinstance(value, Flow) and value.planes for value in (left, right)]
    if any(planes) and all(_has_planes(value) for value in (left, right)):
        return Flow(combine(_planes(call, left, 0), _planes(call, right, number)), planes=True)
    return Flow(combine(_graph(call, left, 0), _graph(call, right, number)))


def add(left: Any, right: Any) -> Any:
    """Add."""
    return left + right


def prelu(tensor: Any, slope: Any) -> Any:
    """Return the tensor with its negative values multiplied by `slope`."""
    relu = paddle().nn.functional.relu
    return relu(tensor) - slope * relu(-tensor)


def _has_planes(value: Value) -> bool:
    rank = value.rank if isinstance(value, Flow) else value.ndim
    return rank == 4 or (isinstance(value, np.ndarray) and rank <= 1)


def _planes(call: Call, value: Value, number: int) -> Any:
    if isinstance(value, Flow):
        return value.as_planes()
    if value.ndim == 0:
        return value.item()
    turned = value.transpose(TO_PLANES) if value.ndim == 4 else value.reshape(-1, 1, 1)
    return call.constant(number, np.ascontiguousarray(turned))


def _graph(call: Call, value: Value, number: int) -> Any:
    if isinstance(value, Flow):
        return value.as_graph()
    return value.item() if value.ndim == 0 else call.constant(number, value)
