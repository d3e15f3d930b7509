"""Activations, by themselves or fused into the operation before."""

from collections.abc import Callable
from typing import Any

from serving_kit.convert.tfjs.call import Call
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.ops import broadcast
from serving_kit.runtime.framework import paddle


def functions() -> dict[str, Callable[[Any], Any]]:
    """Return the activations that take nothing but the tensor, by TensorFlow's names."""
    functional = paddle().nn.functional
    names = {"Relu": "relu", "Relu6": "relu6", "Elu": "elu", "Sigmoid": "sigmoid", "Tanh": "tanh"}
    return {name: getattr(functional, ours) for name, ours in names.items()}


def fused(call: Call, flow: Flow, operands: int, *, skip: str = "") -> Flow:
    """Apply the node's `fused_ops` in turn; what they take follows the first `operands` inputs.

    `skip` names the one that the caller has applied already, first of all.
    """
    number = operands
    for name in call.attribute("fused_ops", ()):
        if name in ("BiasAdd", "Prelu"):
            if name != skip:
                combine = broadcast.add if name == "BiasAdd" else broadcast.prelu
                flow = broadcast.combined(call, flow, call.inputs[number], number, combine)
            number += 1
        elif name == "LeakyRelu":
            flow = leaky(call, flow, "leakyrelu_alpha")
        elif name in functions():
            flow = Flow(functions()[name](flow.tensor), flow.planes)
        else:
            raise call.refusal(f"is fused with {name}, which has no translation")
    return flow


def leaky(call: Call, flow: Flow, attribute: str) -> Flow:
    """Apply LeakyRelu, whose slope for negative values is an attribute."""
    slope = call.attribute(attribute, 0.2)
    return Flow(paddle().nn.functional.leaky_relu(flow.tensor, slope), flow.planes)
