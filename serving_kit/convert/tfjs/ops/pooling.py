"""Pooling over windows."""

import numpy as np

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.ops import window
from serving_kit.runtime.framework import paddle

_LOWEST = float(np.finfo(np.float32).min)


@operation("MaxPool")
def largest(call: Call) -> Flow:
    """Take the largest number of each window; padding never counts."""
    image = call.planes(0)
    over = window.of(call, call.attribute("ksize")[1:3], *image.shape[2:])
    functional = paddle().nn.functional
    if over.runs_over(*image.shape[2:]):
        return Flow(functional.max_pool2d(image, list(over.size), list(over.strides), ceil_mode=True), planes=True)
    if any(map(any, over.pads)):
        image = functional.pad(image, over.around, value=_LOWEST, pad_from_left_axis=True)
    return Flow(functional.max_pool2d(image, list(over.size), list(over.strides)), planes=True)


@operation("AvgPool")
def mean(call: Call) -> Flow:
    """Take the mean of each window; padding never counts."""
    image = call.planes(0)
    over = window.of(call, call.attribute("ksize")[1:3], *image.shape[2:])
    pads = [side for pair in over.pads for side in pair]
    pooled = paddle().nn.functional.avg_pool2d(image, list(over.size), list(over.strides), pads, exclusive=True)
    return Flow(pooled, planes=True)
