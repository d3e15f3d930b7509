"""MTCNN in Paddle: three small networks with PyTorch's weights, side by side in one model.

P-Net looks at a whole picture, R-Net and O-Net at crops of 24 and 48 px (Zhang et al., 2016). They share nothing, and
what one of them sees depends on what another found, so they cannot be one network. They can be one model: each request
asks whichever it needs.
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
from zoo.exporter import network

PROGRAM = Path(__file__).parent / "reference" / "mtcnn.py"
NEEDS = (Path(network.__file__), PROGRAM)

_INPUTS = {
    "canvas": ((1, 3, -1, -1), "float32"),
    "crops_24": ((-1, 3, 24, 24), "float32"),
    "crops_48": ((-1, 3, 48, 48), "float32"),
}


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/model.json` and `model.pdiparams`.

    In: `canvas` [1, 3, H, W], `crops_24` [N, 3, 24, 24], `crops_48` [M, 3, 48, 48], all RGB from -1 to 1. Out, in this
    order: P-Net's edges [1, 4, h, w] and odds [1, 2, h, w], R-Net's [N, 4] and [N, 2], O-Net's [M, 4], points [M, 10]
    and odds [M, 2]. `weights` is a folder with facenet-pytorch's `pnet.pt`, `rnet.pt` and `onet.pt`; BadInput where a
    network is another.
    """
    if weights is None:
        raise BadInput("mtcnn has no architecture to seed; give the card a source that has weights")
    state: dict[str, Array] = {}
    for file in sorted(weights.glob("*.pt")):
        state |= {f"{file.stem}.{name}": array for name, array in read_torch_state(file).items()}
    lacking = {"pnet.conv4_2.weight", "rnet.dense5_2.weight", "onet.dense6_3.weight"} - state.keys()
    if lacking:
        raise BadInput(f"the weights are not MTCNN's: they lack {sorted(lacking)}")

    def forward(self: Any, canvas: Any, crops_24: Any, crops_48: Any) -> Any:
        return _answers(self.weights, canvas, crops_24, crops_48)

    network.save(destination, forward, state, _INPUTS)


def reference(weights: Path) -> Reference:
    """Return PyTorch with the same weights."""
    return torch_runtime.reference(PROGRAM, weights)


def _answers(weights: Mapping[str, Any], canvas: Any, crops_24: Any, crops_48: Any) -> tuple[Any, ...]:
    proposing, refining, final = (_Network(weights, name) for name in ("pnet", "rnet", "onet"))
    proposals = proposing.convs(canvas, pools_px=(2, 0, 0))
    refined = refining.flat(refining.convs(crops_24, pools_px=(3, 3, 0)), "dense4", "prelu4")
    found = final.flat(final.convs(crops_48, pools_px=(3, 3, 2, 0)), "dense5", "prelu5")
    return (
        *(proposing.conv(proposals, "conv4_2"), proposing.softmax(proposing.conv(proposals, "conv4_1"))),
        *(refining.dense(refined, "dense5_2"), refining.softmax(refining.dense(refined, "dense5_1"))),
        *(final.dense(found, "dense6_2"), final.dense(found, "dense6_3")),
        final.softmax(final.dense(found, "dense6_1")),
    )


class _Network:
    """The layers of one of the three, over its weights by name."""

    def __init__(self, weights: Mapping[str, Any], name: str) -> None:
        self.weights, self.name = weights, name
        self.functional = paddle_module().nn.functional

    def convs(self, flow: Any, pools_px: tuple[int, ...]) -> Any:
        """Return a chain of convolutions, each with its PReLU and then, where it has one, its pooling of every 2 px."""
        for number, pool_px in enumerate(pools_px):
            flow = self.functional.prelu(self.conv(flow, f"conv{number + 1}"), self._weight(f"prelu{number + 1}"))
            flow = self.functional.max_pool2d(flow, pool_px, 2, ceil_mode=True) if pool_px else flow
        return flow

    def conv(self, flow: Any, name: str) -> Any:
        return self.functional.conv2d(flow, self._weight(name), self._weight(name, "bias"))

    def flat(self, flow: Any, dense: str, prelu: str) -> Any:
        """Return a layer over all of a picture; the weights count columns first, rows second, channels last."""
        return self.functional.prelu(self.dense(flow.transpose([0, 3, 2, 1]).flatten(1), dense), self._weight(prelu))

    def dense(self, flow: Any, name: str) -> Any:
        return flow.matmul(self._weight(name), transpose_y=True) + self._weight(name, "bias")

    def softmax(self, flow: Any) -> Any:
        return self.functional.softmax(flow, axis=1)

    def _weight(self, name: str, part: str = "weight") -> Any:
        return self.weights[f"{self.name}.{name}.{part}"]
