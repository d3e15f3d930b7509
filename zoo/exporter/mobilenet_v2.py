"""MobileNetV2 of paddle.vision, with PyTorch's weights or with seeded ones, ending in probabilities."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.convert import torch_runtime
from serving_kit.convert.torch_state import read_torch_state
from serving_kit.convert.translation import Reference
from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle as paddle_module
from serving_kit.types import Array

PROGRAM = Path(__file__).parent / "reference" / "mobilenet_v2.py"
NEEDS = (PROGRAM,)

# torchvision and paddle.vision name the same layers alike, but for the statistics of batch normalisation.
_RENAMED = {"running_mean": "_mean", "running_var": "_variance"}


def export(destination: Path, weights: Path | None, seed: int) -> None:
    """Write `destination/model.json` and `model.pdiparams`: `image` [-1, 3, 224, 224] in, probabilities [-1, 1000] out.

    `weights` is torchvision's state dict; without it the weights are drawn from `seed`. BadInput where its names are
    not those of the network.
    """
    paddle = paddle_module()
    paddle.seed(seed)
    network = paddle.vision.models.mobilenet_v2()
    if weights is not None:
        network.set_state_dict(_fitted(read_torch_state(weights), network.state_dict()))
    served = paddle.nn.Sequential(network, paddle.nn.Softmax())
    served.eval()
    # An InputSpec must bear the name of forward's argument, and a Sequential calls its own `input`.
    shape = paddle.static.InputSpec([None, 3, 224, 224], "float32", name="input")
    paddle.jit.save(served, str(destination / "model"), input_spec=[shape])


def reference(weights: Path) -> Reference:
    """Return PyTorch with the same weights."""
    return torch_runtime.reference(PROGRAM, weights)


def _fitted(state: dict[str, Array], network: Mapping[str, Any]) -> dict[str, Array]:
    """Return PyTorch's arrays by Paddle's names; Paddle keeps the weights of linear layers the other way round."""
    fitted = {}
    for name, array in state.items():
        stem, _, last = name.rpartition(".")
        if last == "num_batches_tracked":
            continue
        fitted[f"{stem}.{_RENAMED.get(last, last)}"] = array.T if array.ndim == 2 else array
    wrong = sorted(fitted.keys() ^ network.keys()) or [n for n in fitted if list(fitted[n].shape) != network[n].shape]
    if wrong:
        raise BadInput(f"the weights are not MobileNetV2's: {wrong[:3]} and {max(0, len(wrong) - 3)} more do not fit")
    return {name: np.ascontiguousarray(array) for name, array in fitted.items()}
