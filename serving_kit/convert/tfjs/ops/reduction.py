"""Operations that make one number of an axis."""

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import TO_PLANES, Flow
from serving_kit.runtime.framework import paddle

_REDUCTIONS = {"Mean": "mean", "Sum": "sum", "Max": "amax", "Min": "amin", "Prod": "prod"}


@operation(*_REDUCTIONS)
def reduce(call: Call) -> Flow:
    """Reduce the axes that the second input names."""
    flow = call.flow(0)
    axes = [axis % flow.rank for axis in call.numbers(1)]
    kept = bool(call.attribute("keep_dims", False))
    if flow.planes and kept:
        axes = [TO_PLANES.index(axis) for axis in axes]
        return Flow(getattr(paddle(), _REDUCTIONS[call.node.op])(flow.tensor, axis=axes, keepdim=True), planes=True)
    if flow.planes and axes == [1, 2]:
        return Flow(getattr(paddle(), _REDUCTIONS[call.node.op])(flow.tensor, axis=[2, 3]))
    return Flow(getattr(paddle(), _REDUCTIONS[call.node.op])(flow.as_graph(), axis=axes, keepdim=kept))


@operation("ArgMax")
def argmax(call: Call) -> Flow:
    """Return where along an axis the largest number is."""
    return Flow(paddle().argmax(call.tensor(0), axis=call.numbers(1)[0], dtype="int32"))
