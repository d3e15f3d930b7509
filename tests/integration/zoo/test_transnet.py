"""TransNet V2 in Paddle: what it sees of the frames beside its convolutions, and weights that are another's."""

from pathlib import Path

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle as paddle_module
from zoo.exporter import transnet

pytestmark = pytest.mark.integration

RANDOM = np.random.default_rng(0)


def test_without_weights_there_is_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give the card a source that has weights"):
        transnet.export(tmp_path / "model", None, 0)


def test_weights_of_another_network_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transnet, "read_torch_state", lambda path: {"fc1.weight": np.zeros((2, 2), np.float32)})
    with pytest.raises(BadInput, match=r"not TransNet V2's: they lack \['SDDCNN.2.DDCNN.1.bn.weight'"):
        transnet.export(tmp_path / "model", tmp_path / "weights", 0)
    assert not (tmp_path / "model").exists()


def test_each_frame_is_compared_with_fifty_on_either_side() -> None:
    features = RANDOM.normal(size=(2, 100, 6)).astype(np.float32)
    found = transnet._likeness(paddle_module().to_tensor(features)).numpy()
    unit = features / np.linalg.norm(features, axis=2, keepdims=True)
    wanted = np.zeros((2, 100, 101))
    for frame in range(100):
        for other in range(max(0, frame - 50), min(100, frame + 51)):
            wanted[:, frame, 50 + other - frame] = (unit[:, frame] * unit[:, other]).sum(axis=1)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_colours_are_counted_in_eight_tones_each() -> None:
    frames = RANDOM.integers(0, 256, (1, 100, 27, 48, 3)).astype(np.float32)
    frames[0, 7] = 255
    found = transnet._colours(paddle_module().to_tensor(frames)).numpy()
    assert found.shape == (1, 100, 512) and found[0, 7, 511] == 27 * 48
    red, green, blue = (frames[0, 3, :, :, channel].astype(int).ravel() // 32 for channel in range(3))
    np.testing.assert_array_equal(found[0, 3], np.bincount(red * 64 + green * 8 + blue, minlength=512))
