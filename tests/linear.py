"""The smallest real model there is, for tests that serve one."""

from pathlib import Path

from serving_kit.convert import inference_model_to_serving
from serving_kit.runtime.framework import paddle


def write_linear(folder: Path, features: int, *, feed: str, fetch: str, bias: float = 0.0) -> Path:
    """Write `serving_server/` and `serving_client/` into a new folder and return it.

    `fetch`, of shape [-1, 1], is the sum of the numbers of `feed`, of shape [-1, features], plus the bias.
    """
    initializer = paddle().nn.initializer.Constant
    one, offset = (paddle().ParamAttr(initializer=initializer(value)) for value in (1.0, bias))
    layer = paddle().nn.Linear(features, 1, weight_attr=one, bias_attr=offset)
    saved = folder / "saved"
    spec = paddle().static.InputSpec([None, features], "float32", name="input")
    paddle().jit.save(layer, str(saved / "inference"), [spec])
    server, client = (str(folder / f"serving_{side}") for side in ("server", "client"))
    inference_model_to_serving(str(saved), server, client, feed_alias_names=feed, fetch_alias_names=fetch)
    return folder
