"""Operations that move numbers without changing them."""

import numpy as np

from serving_kit.convert.tfjs.call import Call, Result, operation
from serving_kit.convert.tfjs.flow import TO_PLANES, TO_ROWS, Flow
from serving_kit.runtime.framework import paddle


@operation("Identity")
def same(call: Call) -> Result:
    """Hand on."""
    return call.inputs[0]


@operation("Shape")
def shape(call: Call) -> Result:
    """Return the shape, known beforehand where every axis has a fixed size."""
    sizes = call.flow(0).shape
    return np.array(sizes, np.int32) if min(sizes, default=0) >= 0 else Flow(paddle().shape(call.tensor(0)))


@operation("Reshape")
def reshape(call: Call) -> Flow:
    """Read the numbers, in the graph's order, in another shape."""
    return Flow(call.tensor(0).reshape(call.numbers(1)))


@operation("Transpose")
def transpose(call: Call) -> Flow:
    """Reorder axes; between images with channels last and first nothing has to move."""
    flow, order = call.flow(0), tuple(call.numbers(1))
    if flow.planes and order == TO_PLANES:
        return Flow(flow.tensor)
    if not flow.planes and order == TO_ROWS:
        return Flow(flow.tensor, planes=True)
    return Flow(flow.as_graph().transpose(order))


@operation("ConcatV2")
def concat(call: Call) -> Flow:
    """Join tensors along the axis that the last input names."""
    last = len(call.inputs) - 1
    flows = [call.flow(number) for number in range(last)]
    axis = call.numbers(last)[0] % flows[0].rank
    if all(flow.planes for flow in flows):
        return Flow(paddle().concat([flow.tensor for flow in flows], axis=TO_PLANES.index(axis)), planes=True)
    return Flow(paddle().concat([flow.as_graph() for flow in flows], axis=axis))


@operation("Pack")
def pack(call: Call) -> Flow:
    """Stack tensors along a new axis."""
    tensors = [call.tensor(number) for number in range(len(call.inputs))]
    return Flow(paddle().stack(tensors, axis=call.attribute("axis", 0)))


@operation("Unpack")
def unpack(call: Call) -> Result:
    """Take an axis apart."""
    tensor, axis = call.tensor(0), call.attribute("axis", 0)
    return tuple(map(Flow, paddle().unstack(tensor, axis=axis)))


@operation("ExpandDims")
def expand(call: Call) -> Flow:
    """Add an axis of size one."""
    return Flow(call.tensor(0).unsqueeze(call.numbers(1)[0]))


@operation("Squeeze")
def squeeze(call: Call) -> Flow:
    """Remove axes of size one: those named, or all."""
    return Flow(call.tensor(0).squeeze(list(call.attribute("squeeze_dims", ())) or None))


@operation("DepthToSpace")
def depth_to_space(call: Call) -> Flow:
    """Lay blocks of channels out as blocks of pixels."""
    tensor, block = call.tensor(0), call.attribute("block_size")
    _, height, width, channels = tensor.shape
    blocks = tensor.reshape([-1, height, width, block, block, channels // block**2]).transpose([0, 1, 3, 2, 4, 5])
    return Flow(blocks.reshape([-1, height * block, width * block, channels // block**2]))
