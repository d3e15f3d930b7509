"""EfficientNet-Lite by a trace: PyTorch runs the package's own code once, and what that computed is the model."""

from pathlib import Path

from serving_kit.convert import torch_runtime
from serving_kit.errors import BadInput
from zoo.exporter import efficientnet_lite_code
from zoo.exporter.efficientnet_lite import PROGRAM

NEEDS = (Path(efficientnet_lite_code.__file__), PROGRAM)


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/model.pt`, TorchScript: `image` [-1, 3, S, S] in, `probabilities` [-1, 1000] out.

    `weights` is the state dict of efficientnet-lite-pytorch. Unavailable where PyTorch cannot be installed.
    """
    if weights is None:
        raise BadInput("efficientnet_lite_traced has no network without weights; give the card a source that has them")
    destination.mkdir()
    torch_runtime.trace(PROGRAM, weights, destination / "model.pt", code=[efficientnet_lite_code.wheel()])
