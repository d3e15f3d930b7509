"""TensorFlow.js under Node, and a graph model all the way to a served directory."""

from pathlib import Path

import numpy as np
import pytest

import zoo
from serving_kit.convert import convert_model, tfjs
from serving_kit.errors import Internal, ModelFileError
from serving_kit.runtime.load import load
from serving_kit.runtime.model_dir import ModelDir
from serving_kit.spec import Spec
from serving_kit.types import Tensor
from tests.unit.tiny_tfjs import node, write

pytestmark = pytest.mark.integration

IMAGE = np.random.default_rng(0).normal(size=(1, 5, 6, 2)).astype(np.float32)
NET = [
    node(
        "conv",
        "_FusedConv2D",
        "x",
        "w",
        "b",
        strides=(1, 2, 2, 1),
        padding="SAME",
        fused_ops=("BiasAdd", "Relu6"),
        num_args=1,
    ),
    node("big", "ResizeBilinear", "conv", "size", half_pixel_centers=True, align_corners=False),
    node("top", "TopKV2", "flat", "k", sorted=True),
    node("flat", "Reshape", "big", "shape"),
]
WEIGHTS = {
    "w": np.random.default_rng(1).normal(size=(3, 3, 2, 4)),
    "b": [0.0, 1, -1, 0.5],
    "size": [7, 4],
    "shape": [1, -1],
    "k": 5,
}
OUTPUTS = {"best": "top:0", "image": "big:0", "places": "top:1"}


def model(folder: Path) -> Path:
    return write(folder, NET, WEIGHTS, outputs=OUTPUTS, x=IMAGE)


def test_tensorflow_js_answers_the_first_input_that_it_takes(tmp_path: Path) -> None:
    answer = tfjs.answer(model(tmp_path), [{"x": IMAGE[:, :, :, :1]}, {"x": IMAGE}], tmp_path / "work")
    np.testing.assert_array_equal(answer.feeds["x"], IMAGE)
    shapes = {name: (tensor.array.dtype.name, tensor.array.shape) for name, tensor in answer.outputs.items()}
    assert shapes == {
        "image": ("float32", (1, 7, 4, 4)),
        "best": ("float32", (1, 5)),
        "places": ("int32", (1, 5)),
    }


def test_what_tensorflow_js_refuses_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"model\.json cannot be run by TensorFlow\.js: .*shape"):
        tfjs.answer(model(tmp_path), [{"x": IMAGE[:, :, :, :1]}], tmp_path / "work")


def test_a_graph_model_is_served_as_tensorflow_js_answers(tmp_path: Path) -> None:
    spec = Spec(name="tiny")
    convert_model(
        model(tmp_path / "in"), tmp_path / "out", spec=spec, golden_inputs={"x": Tensor(IMAGE)}, threshold=1e-5
    )
    conversion = ModelDir.open(tmp_path / "out").spec.conversion  # type: ignore[union-attr]
    assert conversion is not None
    assert (conversion.source_format, conversion.compared_with) == ("tfjs", "TensorFlow.js 4.22.0")
    assert conversion.max_abs_difference is not None
    assert conversion.max_abs_difference < 1e-5
    served = load(tmp_path / "out")
    (feed,) = served.model.inputs
    answers = served.engine.run({feed.name: Tensor(IMAGE)})
    by_alias = {port.alias: answers[port.name].array for port in served.model.outputs}
    flat = by_alias["image"].ravel()
    np.testing.assert_allclose(by_alias["best"][0], np.sort(flat)[::-1][:5], rtol=1e-6)
    np.testing.assert_allclose(flat[by_alias["places"][0]], by_alias["best"][0], rtol=1e-6)


def test_an_answer_too_far_from_tensorflow_js_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(Internal, match=r"away from that of TensorFlow\.js 4\.22\.0"):
        convert_model(model(tmp_path / "in"), tmp_path / "out", spec=Spec(name="tiny"), threshold=-1.0)


def test_a_real_model_agrees_with_tensorflow_js() -> None:
    card = zoo.load("selfie-segmentation")
    spec = ModelDir.open(zoo.convert(card, zoo.fetch(card))).spec
    assert spec is not None
    assert spec.conversion is not None
    assert spec.conversion.max_abs_difference is not None
    assert 0 < spec.conversion.max_abs_difference < 1e-4
