"""Products of matrices."""

from serving_kit.convert.tfjs.call import Call, operation
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.ops import activation
from serving_kit.runtime.framework import paddle


@operation("MatMul", "_FusedMatMul")
def product(call: Call) -> Flow:
    """Multiply two matrices, and apply what is fused with it."""
    turned = [bool(call.attribute(name, False)) for name in ("transpose_a", "transpose_b")]
    return activation.fused(call, Flow(paddle().matmul(call.tensor(0), call.tensor(1), *turned)), operands=2)


@operation("BatchMatMul", "BatchMatMulV2")
def batch_product(call: Call) -> Flow:
    """Multiply stacks of matrices."""
    turned = [bool(call.attribute(name, False)) for name in ("adj_x", "adj_y")]
    return Flow(paddle().matmul(call.tensor(0), call.tensor(1), *turned))


@operation("Softmax")
def softmax(call: Call) -> Flow:
    """Turn the last axis into probabilities."""
    return Flow(paddle().nn.functional.softmax(call.tensor(0), axis=-1))
