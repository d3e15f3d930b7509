from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput
from zoo.exporter import mobilenet_v2

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("name", "shape"), [("classifier.1.weight", (1000, 1280)), ("features.0.0.weight", (1, 2, 3, 4))]
)
def test_weights_of_another_network_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr(mobilenet_v2, "read_torch_state", lambda path: {name: np.zeros(shape, np.float32)})
    with pytest.raises(BadInput, match="the weights are not MobileNetV2's"):
        mobilenet_v2.export(tmp_path / "model", tmp_path / "weights", 0)
    assert not (tmp_path / "model").exists()


def test_a_seed_makes_the_same_weights_again(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("same", 7), ("other", 8)):
        mobilenet_v2.export(tmp_path / name, None, seed)
    one, same, other = ((tmp_path / name / "model.pdiparams").read_bytes() for name in ("one", "same", "other"))
    assert one == same != other
