"""The transposed convolution, which TensorFlow names after the gradient it is."""

import numpy as np

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.ops.window import same
from serving_kit.runtime.framework import paddle


@operation("Conv2DBackpropInput")
def transposed(call: Call) -> Flow:
    """Convolve backwards to the size that the first input says; the filter is [height, width, out, in].

    What the forward convolution would have padded is cut off.
    """
    _, height, width, _ = call.numbers(0)
    filters, image = call.known(1), call.planes(2)
    functional, strides = paddle().nn.functional, call.attribute("strides")[1:3]
    whole = functional.conv2d_transpose(
        image, call.constant(1, np.ascontiguousarray(filters.transpose(3, 2, 0, 1))), stride=list(strides)
    )
    scheme = call.attribute("padding")
    if scheme not in ("SAME", "VALID"):
        raise call.refusal(f"pads by {scheme}; only SAME and VALID are supported")
    top, left = (
        same(length, window, stride)[0] if scheme == "SAME" else 0
        for length, window, stride in zip((height, width), filters.shape, strides, strict=False)
    )
    missing = [max(0, top + height - whole.shape[2]), max(0, left + width - whole.shape[3])]
    if any(missing):
        whole = functional.pad(whole, [0, 0, 0, 0, 0, missing[0], 0, missing[1]], pad_from_left_axis=True)
    return Flow(whole[:, :, top : top + height, left : left + width], planes=True)
