"""The model directory that Paddle Serving itself wrote for uci_housing, against what is written here."""

from pathlib import Path

import numpy as np
import pytest

import zoo
from serving_kit.convert import inference_model_to_serving
from serving_kit.runtime.load import load
from serving_kit.types import Tensor

pytestmark = pytest.mark.integration
HOUSE = [0.0137, -0.1136, 0.2553, -0.0692, 0.0582, -0.0727, -0.1583, -0.0584, 0.6283, 0.4919, 0.1856, 0.0795, -0.0332]


@pytest.fixture(scope="module")
def original() -> Path:
    return zoo.fetch(zoo.load("uci-housing")).model


def test_the_prototxt_pair_is_byte_for_byte_the_same(original: Path, tmp_path: Path) -> None:
    server, client = str(tmp_path / "server"), str(tmp_path / "client")
    inference_model_to_serving(str(original), server, client, fetch_alias_names="price")
    for name in ("conf.prototxt", "conf.stream.prototxt"):
        wanted = (original / f"serving_server_{name}").read_bytes()
        assert (tmp_path / "server" / f"serving_server_{name}").read_bytes() == wanted
        assert (tmp_path / "client" / f"serving_client_{name}").read_bytes() == wanted


def test_paddle_servings_own_directory_is_served_as_it_is(original: Path) -> None:
    model = load(original)
    assert [(port.name, port.alias) for port in model.model.outputs] == [("fc_0.tmp_1", "price")]
    answer = model.engine.run({"x": Tensor(np.array([HOUSE], "float32"))})["fc_0.tmp_1"]
    np.testing.assert_allclose(answer.array, [[18.901152]], rtol=1e-6)
