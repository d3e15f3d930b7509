"""Operations that pick out of tensors by place."""

from serving_kit.convert.tfjs.call import Call, Result, operation
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.runtime.framework import paddle


@operation("GatherV2")
def gather(call: Call) -> Flow:
    """Take the entries of an axis that the second input numbers, in its shape."""
    if call.attribute("batch_dims", 0):
        raise call.refusal("gathers by batch; only batch_dims: 0 is supported")
    source, places, axis = call.tensor(0), call.tensor(1), call.numbers(2)[0] % call.flow(0).rank
    taken = paddle().gather(source, places.flatten(), axis=axis)
    shape = [*source.shape[:axis], *places.shape, *source.shape[axis + 1 :]]
    return Flow(taken if len(places.shape) == 1 else taken.reshape(shape))


@operation("GatherNd")
def gather_nd(call: Call) -> Flow:
    """Take the entries whose coordinates are the rows of the second input."""
    return Flow(paddle().gather_nd(call.tensor(0), call.tensor(1)))


@operation("TopKV2")
def top(call: Call) -> Result:
    """Return the k largest numbers of the last axis, the largest first, and their places."""
    values, places = paddle().topk(call.tensor(0), call.numbers(1)[0], axis=-1)
    return Flow(values), Flow(places.astype("int32"))
