"""Networks that came from PyTorch, and weights that are another's."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from serving_kit.convert import convert_model
from serving_kit.errors import BadInput
from serving_kit.runtime.load import load
from serving_kit.runtime.program import describe
from serving_kit.spec import Spec
from serving_kit.types import Tensor
from zoo.exporter import efficientnet_lite, efficientnet_lite_traced, minilm, mtcnn, network, voice_encoder

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("exporter", [efficientnet_lite, efficientnet_lite_traced, minilm, mtcnn, voice_encoder])
def test_without_weights_there_is_nothing_to_export(exporter: object, tmp_path: Path) -> None:
    export: Callable[[Path, None, int], None] = exporter.export  # type: ignore[attr-defined]
    with pytest.raises(BadInput, match="give the card a source that has"):
        export(tmp_path / "model", None, 7)
    assert not (tmp_path / "model").exists()


def test_weights_of_another_network_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_lite, "read_torch_state", lambda path: {"fc.weight": np.zeros((2, 2), "float32")})
    with pytest.raises(BadInput, match="not EfficientNet-Lite's: 0 blocks, 0 channels into the head"):
        efficientnet_lite.export(tmp_path / "model", tmp_path / "weights", 0)
    save_file({"fc.weight": np.zeros((2, 2), "float32")}, tmp_path / "weights")
    with pytest.raises(BadInput, match=r"not BERT's: they begin with \['fc.weight'\]"):
        minilm.export(tmp_path / "model", tmp_path / "weights", 0)
    (tmp_path / "nets").mkdir()
    with pytest.raises(BadInput, match="not MTCNN's: they lack"):
        mtcnn.export(tmp_path / "model", tmp_path / "nets", 0)
    state = {"fc.weight": np.zeros((2, 2), "float32")}
    monkeypatch.setattr(voice_encoder, "_state", lambda weights: state)
    with pytest.raises(BadInput, match=r"not the voice encoder's: they begin with \['fc.weight'\]"):
        voice_encoder.export(tmp_path / "model", tmp_path / "weights", 0)
    state |= {"lstm.weight_ih_l0": np.zeros((8, 3), "float32"), "lstm.weight_hh_l0": np.zeros((8, 2), "float32")}
    state |= {"linear.weight": np.zeros((2, 2), "float32"), "linear.bias": np.zeros(2, "float32")}
    with pytest.raises(BadInput, match=r"another network's: \['fc.weight', 'lstm.bias_hh_l0', .* differ"):
        voice_encoder.export(tmp_path / "model", tmp_path / "weights", 0)


@pytest.mark.parametrize(
    ("size_px", "kernel", "stride", "padding"),
    [(224, 3, 2, (0, 1)), (65, 3, 2, (1, 1)), (112, 5, 2, (1, 2)), (14, 5, 1, (2, 2)), (7, 1, 1, (0, 0))],
)
def test_same_padding_leans_to_the_far_side(size_px: int, kernel: int, stride: int, padding: tuple[int, int]) -> None:
    assert efficientnet_lite.same_padding(size_px, kernel, stride) == padding


def test_a_function_of_its_weights_becomes_a_model(tmp_path: Path) -> None:
    weights = {"layer.weight": np.array([[1, 2], [3, 4]], "float32"), "layer.bias": np.array([5, 6], "float32")}

    def forward(self: object, rows: object) -> object:
        named = self.weights  # type: ignore[attr-defined]
        return rows.matmul(named["layer.weight"]) + named["layer.bias"]  # type: ignore[attr-defined]

    network.save(tmp_path, forward, weights, {"rows": ((-1, 2), "float32")})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.pdiparams"]
    program = describe(tmp_path / "model.json")
    assert [(spec.name, spec.shape) for spec in program.inputs] == [("rows", (-1, 2))]
    made = convert_model(tmp_path, tmp_path / "made", spec=Spec(name="rows"))
    rows = np.array([[1, 1], [0, 2], [1, 0]], "float32")
    (answer,) = load(made).engine.run({"rows": Tensor(rows)}).values()
    np.testing.assert_allclose(answer.array, rows @ weights["layer.weight"] + weights["layer.bias"])
