"""What a graph computes of constants alone, mostly shapes, done once with numpy."""

from collections.abc import Callable
from typing import Any

import numpy as np

from serving_kit.convert.tfjs.call import Call
from serving_kit.convert.tfjs.ops.slicing import indices
from serving_kit.types import Array


def _sparse_to_dense(call: Call) -> Array:
    """Return a tensor that is the fourth input all over but for the values at given places."""
    places, shape, values, rest = (call.known(number) for number in range(4))
    dense = np.full(tuple(shape.ravel()), rest.ravel()[0])
    rows = places.reshape(-1, dense.ndim)
    dense[tuple(rows.T)] = np.broadcast_to(values.ravel(), len(rows)) if len(rows) else values.ravel()[:0]
    return dense


def _all(call: Call) -> list[Array]:
    return [call.known(number) for number in range(len(call.inputs))]


FOLDED: dict[str, Callable[[Call], Any]] = {
    "Add": lambda call: np.add(*_all(call)),
    "AddV2": lambda call: np.add(*_all(call)),
    "Sub": lambda call: np.subtract(*_all(call)),
    "Mul": lambda call: np.multiply(*_all(call)),
    "FloorDiv": lambda call: np.floor_divide(*_all(call)),
    "Maximum": lambda call: np.maximum(*_all(call)),
    "Minimum": lambda call: np.minimum(*_all(call)),
    "Pack": lambda call: np.stack(_all(call), axis=call.attribute("axis", 0)),
    "ConcatV2": lambda call: np.concatenate(_all(call)[:-1], axis=call.numbers(len(call.inputs) - 1)[0]),
    "StridedSlice": lambda call: call.known(0)[indices(call)],
    "GatherV2": lambda call: np.take(call.known(0), call.known(1).astype(np.int64), axis=call.numbers(2)[0]),
    "Reshape": lambda call: call.known(0).reshape(call.numbers(1)),
    "ExpandDims": lambda call: np.expand_dims(call.known(0), call.numbers(1)[0]),
    "Squeeze": lambda call: np.squeeze(call.known(0), axis=call.attribute("squeeze_dims", ()) or None),
    "Cast": lambda call: call.known(0).astype(call.attribute("DstT")),
    "Identity": lambda call: call.known(0),
    "SparseToDense": _sparse_to_dense,
}


def folded(call: Call) -> Array | None:
    """Return what a node with known inputs gives; None where an input is computed or the node is of another kind."""
    if call.node.op not in FOLDED or not all(isinstance(value, np.ndarray) for value in call.inputs):
        return None
    return np.asarray(FOLDED[call.node.op](call))
