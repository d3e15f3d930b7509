"""EfficientNet-Lite in PyTorch, built by the package efficientnet-lite-pytorch, ending in probabilities."""

from importlib import import_module
from typing import Any

# By number of blocks and by the channels that the head takes.
_NAMES = {(16, 320): "efficientnet-lite0", (21, 320): "efficientnet-lite1", (21, 352): "efficientnet-lite2"}


def answer(torch: Any, weights: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the probabilities of 1,000 classes for `image` [N, 3, S, S]."""
    module, _, _ = build(torch, weights)
    return {"probabilities": module.eval()(inputs["image"])}


def build(torch: Any, weights: dict[str, Any]) -> tuple[Any, dict[str, Any], list[str]]:
    """Return the network with its weights, an image to trace it with, and the name of its output."""
    blocks = {name.split(".")[1] for name in weights if name.startswith("_blocks.")}
    name = _NAMES[len(blocks), weights["_conv_head.weight"].shape[1]]
    network = import_module("efficientnet_lite_pytorch").EfficientNet.from_name(name)
    network.load_state_dict(weights)
    side_px = network.input_image_size
    image = torch.zeros(1, 3, side_px, side_px)
    return torch.nn.Sequential(network, torch.nn.Softmax(dim=1)), {"image": image}, ["probabilities"]
