"""EfficientNet-Lite 0, 1 and 2 in Paddle, with PyTorch's weights, ending in probabilities.

The family is one chain of seven stages of inverted residual blocks (Tan and Le, 2019); its members differ in the number
of blocks and in their channels, which the weights tell. What they do not tell stands here: the stages' strides, the
size of the input, and TensorFlow's padding "same", which these weights were trained with. It splits an odd number of
pixels unevenly, the greater part to the right and below, and so depends on the size of what comes in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serving_kit.convert import torch_runtime
from serving_kit.convert.torch_state import read_torch_state
from serving_kit.convert.translation import Reference
from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.types import Array
from zoo.exporter import efficientnet_lite_code, network

PROGRAM = Path(__file__).parent / "reference" / "efficientnet_lite.py"
NEEDS = (Path(network.__file__), Path(efficientnet_lite_code.__file__), PROGRAM)

_STAGE_STRIDES = (1, 2, 2, 2, 1, 2, 1)
_EPSILON = 1e-3
# Input size by number of blocks and by the channels that the head takes: Lite0, Lite1, Lite2.
_SIDES_PX = {(16, 320): 224, (21, 320): 240, (21, 352): 260}


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/model.json` and `model.pdiparams`: `image` [-1, 3, S, S] in, probabilities [-1, 1000] out.

    `weights` is the state dict of efficientnet-lite-pytorch; S is 224, 240 or 260 px. BadInput where it is another.
    """
    if weights is None:
        raise BadInput("efficientnet_lite takes its channels from weights; give the card a source that has them")
    state = read_torch_state(weights)
    side_px = input_side(state)
    kept = {name: array for name, array in state.items() if not name.endswith("num_batches_tracked")}

    def forward(self: Any, image: Any) -> Any:
        return _probabilities(self.weights, image, side_px)

    network.save(destination, forward, kept, {"image": ((-1, 3, side_px, side_px), "float32")})


def reference(weights: Path) -> Reference:
    """Return PyTorch with the network's own code, out of the package efficientnet-lite-pytorch."""
    return torch_runtime.reference(PROGRAM, weights, code=[efficientnet_lite_code.wheel()])


def input_side(state: Mapping[str, Array]) -> int:
    """Return the input's width and height in pixels; BadInput where the weights are of another network."""
    blocks = {name.split(".")[1] for name in state if name.startswith("_blocks.")}
    head = state["_conv_head.weight"].shape[1] if "_conv_head.weight" in state else 0
    if (len(blocks), head) not in _SIDES_PX:
        raise BadInput(f"the weights are not EfficientNet-Lite's: {len(blocks)} blocks, {head} channels into the head")
    return _SIDES_PX[len(blocks), head]


def _probabilities(weights: Mapping[str, Any], image: Any, side_px: int) -> Any:
    functional = paddle_module().nn.functional
    layers = _Layers(functional, weights, side_px)
    flow = functional.relu6(layers.conv(image, "_conv_stem", "_bn0", stride=2))
    stage, number = -1, 0
    while f"_blocks.{number}._project_conv.weight" in weights:
        block = f"_blocks.{number}"
        starts = number == 0 or flow.shape[1] != weights[f"{block}._project_conv.weight"].shape[0]
        stage += starts
        came = flow
        if f"{block}._expand_conv.weight" in weights:
            flow = functional.relu6(layers.conv(flow, f"{block}._expand_conv", f"{block}._bn0"))
        stride = _STAGE_STRIDES[stage] if starts else 1
        flow = functional.relu6(layers.conv(flow, f"{block}._depthwise_conv", f"{block}._bn1", stride))
        flow = layers.conv(flow, f"{block}._project_conv", f"{block}._bn2")
        flow = flow if starts else came + flow
        number += 1
    flow = functional.relu6(layers.conv(flow, "_conv_head", "_bn1"))
    pooled = functional.adaptive_avg_pool2d(flow, 1).flatten(1)
    return functional.softmax(pooled.matmul(weights["_fc.weight"], transpose_y=True) + weights["_fc.bias"])


class _Layers:
    """Convolutions with their normalisation, over weights by name; `side_px` is how large the picture is by now."""

    def __init__(self, functional: Any, weights: Mapping[str, Any], side_px: int) -> None:
        self.functional, self.weights, self.side_px = functional, weights, side_px

    def conv(self, flow: Any, conv: str, norm: str, stride: int = 1) -> Any:
        kernel = self.weights[f"{conv}.weight"]
        before, after = same_padding(self.side_px, kernel.shape[2], stride)
        groups = flow.shape[1] // kernel.shape[1]  # 1, or as many as channels where the convolution is depthwise
        padding = [[0, 0], [0, 0], [before, after], [before, after]]
        flow = self.functional.conv2d(flow, kernel, stride=stride, padding=padding, groups=groups)
        self.side_px = -(-self.side_px // stride)
        parts = (self.weights[f"{norm}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return self.functional.batch_norm(flow, *parts, epsilon=_EPSILON)


def same_padding(size_px: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return how many pixels TensorFlow's "same" adds before and after one axis."""
    total = max((-(-size_px // stride) - 1) * stride + kernel - size_px, 0)
    return total // 2, total - total // 2
