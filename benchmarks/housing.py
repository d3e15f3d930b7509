"""The model that every benchmark asks: thirteen numbers in, a house's price out, and next to nothing between."""

from pathlib import Path

import numpy as np

from serving_kit.convert import inference_model_to_serving
from serving_kit.runtime.framework import paddle
from serving_kit.types import Tensor

NAME = "uci_housing"
FEED, FETCH = "x", "price"
ROW = Tensor(np.array([[0.25, -0.5, 1.0, 0.125, 2.0, 0.75, -0.25, 1.5, 0.5, -1.0, 3.0, 0.25, 1.0]], np.float32))
"""The question of every request, float32 [1, 13]; exact in binary, so that every protocol carries the same numbers."""


def price() -> float:
    """Return what `make_model`'s model answers: the sum of the row, plus one."""
    return float(ROW.array.sum()) + 1


def make_model(folder: Path) -> Path:
    """Write a Paddle model with Paddle Serving's pair of directories into a folder; return the model directory."""
    nn = paddle().nn
    ones = paddle().ParamAttr(initializer=nn.initializer.Constant(1.0))
    layer = nn.Linear(13, 1, weight_attr=ones, bias_attr=ones)
    spec = paddle().static.InputSpec([None, 13], "float32", name="input")
    paddle().jit.save(layer, str(folder / "saved" / "inference"), [spec])
    server, client = (str(folder / NAME / f"serving_{side}") for side in ("server", "client"))
    inference_model_to_serving(str(folder / "saved"), server, client, feed_alias_names=FEED, fetch_alias_names=FETCH)
    return folder / NAME
