"""Padding that stands by itself in the graph."""

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import TO_PLANES, Flow
from serving_kit.runtime.framework import paddle


@operation("Pad", "PadV2")
def pad(call: Call) -> Flow:
    """Surround a tensor with one number: zero, or the third input."""
    flow, pads = call.flow(0), call.known(1)
    if not pads.any():
        return flow
    value = float(call.known(2)) if len(call.inputs) > 2 else 0.0
    ordered = pads[list(TO_PLANES)] if flow.planes else pads
    flat = [int(side) for side in ordered.ravel()]
    return Flow(paddle().nn.functional.pad(flow.tensor, flat, value=value, pad_from_left_axis=True), flow.planes)
