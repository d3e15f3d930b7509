"""Rewrite ONNX operations that the translator lacks into ones it has."""

from typing import Any

HARD_SWISH_ALPHA = 1 / 6  # HardSwish(x) is x * HardSigmoid(x, 1/6, 0.5) by ONNX's own definition
HARD_SWISH_BETA = 0.5


def replace_hard_swish(model: Any) -> int:
    """Replace every HardSwish of an `onnx.ModelProto`, in place, and return how many there were."""
    from onnx import helper

    nodes: list[Any] = []
    count = 0
    for node in model.graph.node:
        if node.op_type != "HardSwish":
            nodes.append(node)
            continue
        gate = f"{node.output[0]}_gate"
        nodes.append(
            helper.make_node("HardSigmoid", [node.input[0]], [gate], alpha=HARD_SWISH_ALPHA, beta=HARD_SWISH_BETA)
        )
        nodes.append(helper.make_node("Mul", [node.input[0], gate], list(node.output)))
        count += 1
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return count
