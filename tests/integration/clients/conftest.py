from collections.abc import Iterator
from pathlib import Path

import pytest

import serving_kit
from serving_kit.convert import inference_model_to_serving
from serving_kit.runtime.framework import paddle


@pytest.fixture(scope="session")
def adder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory: `total`, of shape [-1, 1], is the sum of the three numbers of `x`."""
    folder = tmp_path_factory.mktemp("models")
    nn = paddle().nn
    ones = paddle().ParamAttr(initializer=nn.initializer.Constant(1.0))
    layer = nn.Linear(3, 1, weight_attr=ones, bias_attr=False)
    spec = paddle().static.InputSpec([None, 3], "float32", name="input")
    paddle().jit.save(layer, str(folder / "saved" / "inference"), [spec])
    inference_model_to_serving(
        str(folder / "saved"),
        str(folder / "adder" / "serving_server"),
        str(folder / "adder" / "serving_client"),
        feed_alias_names="x",
        fetch_alias_names="total",
    )
    return folder / "adder"


@pytest.fixture(scope="module")
def adder_server(adder: Path) -> Iterator[serving_kit.Server]:
    with serving_kit.start(adder) as server:
        yield server
