"""Convolutions, alone or fused with a bias and an activation."""

from dataclasses import replace
from typing import Any

import numpy as np

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.ops import activation, window
from serving_kit.convert.tfjs.ops.window import Window
from serving_kit.runtime.framework import paddle
from serving_kit.types import Array


@operation("Conv2D", "_FusedConv2D")
def convolution(call: Call) -> Flow:
    """Convolve; the filter is [height, width, in, out], and fewer channels in than the image has make groups."""
    filters = call.known(1)
    return _convolve(call, filters.transpose(3, 2, 0, 1), call.flow(0).shape[-1] // filters.shape[2])


@operation("DepthwiseConv2dNative", "FusedDepthwiseConv2dNative")
def depthwise(call: Call) -> Flow:
    """Convolve channel by channel; the filter is [height, width, in, multiplier]."""
    filters = call.known(1)
    height, width, channels, multiplier = filters.shape
    turned = filters.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return _convolve(call, turned, channels)


def _convolve(call: Call, filters: Array, groups: int) -> Flow:
    image = call.planes(0)
    over = window.of(call, (filters.shape[2], filters.shape[3]), *image.shape[2:])
    if over.can_be_even:
        filters, over = _even(filters, over)
    elif not over.even:
        image = paddle().nn.functional.pad(image, over.around, pad_from_left_axis=True)
    bias = _bias(call)
    convolved = paddle().nn.functional.conv2d(
        image,
        call.constant(1, np.ascontiguousarray(filters)),
        bias,
        stride=list(over.strides),
        padding=[over.pads[0][0], over.pads[1][0]] if over.even else 0,
        dilation=list(over.dilations),
        groups=groups,
    )
    return activation.fused(call, Flow(convolved, planes=True), operands=2, skip="" if bias is None else "BiasAdd")


def _even(filters: Array, over: Window) -> tuple[Array, Window]:
    """Return the same convolution with as much padding before as after, and zeros in the filter where it has less.

    Paddle's `pad` in front of a convolution ends the process under oneDNN (3.2.2), and uneven padding inside one may.
    """
    lacking = [(max(0, after - before), max(0, before - after)) for before, after in over.pads]
    vertical, horizontal = ((max(pair), max(pair)) for pair in over.pads)
    return np.pad(filters, ((0, 0), (0, 0), *lacking)), replace(over, pads=(vertical, horizontal))


def _bias(call: Call) -> Any:
    """Return the bias where it is fused and known, for Paddle to add it on the way."""
    known = len(call.inputs) > 2 and isinstance(call.inputs[2], np.ndarray) and call.inputs[2].ndim == 1
    return call.constant(2, call.known(2)) if known and call.attribute("fused_ops", ())[:1] == ("BiasAdd",) else None
