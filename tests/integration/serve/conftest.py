from collections.abc import Iterator
from pathlib import Path

import pytest

from serving_kit.convert import inference_model_to_serving
from serving_kit.runtime.framework import paddle
from serving_kit.settings import settings


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give these servers a cache of their own, where verdicts on their models are kept for the session."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SERVING_KIT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def adder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory: `total`, of shape [-1, 1], is the sum of the three numbers of `x`, plus one."""
    folder = tmp_path_factory.mktemp("models")
    nn = paddle().nn
    ones = paddle().ParamAttr(initializer=nn.initializer.Constant(1.0))
    layer = nn.Linear(3, 1, weight_attr=ones, bias_attr=ones)
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
