"""Layers models of TensorFlow.js: a tiny one that Paddle and TensorFlow.js both compute, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from serving_kit.convert import convert_model
from serving_kit.convert.tfjs import reference as graph_reference
from serving_kit.errors import BadInput, ModelFileError
from serving_kit.runtime.load import load
from serving_kit.spec import Spec
from serving_kit.types import Tensor
from zoo.exporter import layers_model, tensorflow_js

pytestmark = pytest.mark.integration

KERNELS = {"wide": (5, 5, 3, 4), "point": (1, 1, 7, 3)}


def layer(kind: str, name: str, taken: list[str], **config: Any) -> dict[str, Any]:
    nodes = [[[source, 0, 0, {}] for source in taken]] if taken else []
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}


def conv(name: str, taken: str, padding: str) -> dict[str, Any]:
    *size, _, filters = KERNELS[name]
    return layer("Conv2D", name, [taken], filters=filters, kernel_size=size, padding=padding, activation="linear")


LAYERS = (
    layer("InputLayer", "in", [], batch_input_shape=[None, None, None, 3], dtype="float32"),
    conv("wide", "in", "same"),
    layer("Activation", "relu", ["wide"], activation="relu"),
    layer("Concatenate", "both", ["in", "relu"], axis=3),
    conv("point", "both", "valid"),
    layer("Add", "sum", ["point", "in"]),
    layer("UpSampling2D", "up", ["sum"], size=[2, 2], interpolation="nearest", data_format="channels_last"),
)


def written(folder: Path, layers: Any = LAYERS, **changes: Any) -> Path:
    random, specs, parts = np.random.default_rng(0), [], []
    for name, shape in KERNELS.items():
        for part, sizes in (("kernel", shape), ("bias", shape[-1:])):
            specs.append({"name": f"{name}/{part}", "shape": list(sizes), "dtype": "float32"})
            parts.append(random.normal(0, 0.3, sizes).astype("<f4").tobytes())
    config = {"name": "net", "layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["up", 0, 0]]}
    document = {
        "format": "layers-model",
        "modelTopology": {"model_config": {"class_name": "Functional", "config": config | changes.pop("config", {})}},
        "weightsManifest": [{"paths": ["w.bin"], "weights": specs}],
        **changes,
    }
    folder.mkdir()
    (folder / "w.bin").write_bytes(b"".join(parts))
    (folder / "model.json").write_text(json.dumps(document))
    return folder


def test_paddle_computes_what_tensorflow_js_does(tmp_path: Path) -> None:
    weights = written(tmp_path / "weights")
    layers_model.export(tmp_path / "model", weights, 0)
    made = convert_model(tmp_path / "model", tmp_path / "made", spec=Spec(name="net"))
    image = np.random.default_rng(1).random((2, 5, 7, 3), dtype=np.float32)
    (answer,) = load(made).engine.run({"image": Tensor(image)}).values()
    reference = layers_model.reference(weights)
    assert reference.made_by.startswith("TensorFlow.js ")
    wanted = reference.answer({"image": Tensor(image)})["enlarged"].array
    assert wanted.shape == (2, 10, 14, 3) and np.ptp(wanted) > 1
    np.testing.assert_allclose(answer.array, wanted, atol=1e-5)


def test_tensorflow_js_says_what_it_does_not_take(tmp_path: Path) -> None:
    weights = written(tmp_path / "weights", [*LAYERS[:-1], layer("Mystery", "up", ["sum"])])
    with pytest.raises(ModelFileError, match=r"cannot be run by TensorFlow\.js: .*Mystery"):
        layers_model.reference(weights).answer({"image": Tensor(np.zeros((1, 4, 4, 3), np.float32))})


def test_both_kinds_of_model_are_compared_with_the_same_tensorflow_js() -> None:
    assert (tensorflow_js.PACKAGE, tensorflow_js.SHA256) == (graph_reference._PACKAGE, graph_reference._SHA256)


@pytest.mark.parametrize(
    ("layers", "changes", "complaint"),
    [
        (LAYERS, {"format": "graph-model"}, "is of format 'graph-model', not a layers-model; give format tfjs"),
        (LAYERS, {"config": {"output_layers": [["up", 0, 0], ["sum", 0, 0]]}}, "several inputs or outputs"),
        ([*LAYERS, layer("Lambda", "more", ["up"])], {}, "layer 'more' is a Lambda; this exporter knows"),
        ([*LAYERS, layer("Activation", "more", ["up"], activation="tanh")], {}, "'more' has activation 'tanh'"),
        ([*LAYERS, layer("UpSampling2D", "more", ["up"], interpolation="bilinear")], {}, "knows 'nearest'"),
    ],
)
def test_what_it_cannot_compute_is_refused(tmp_path: Path, layers: Any, changes: Any, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        layers_model.export(tmp_path / "model", written(tmp_path / "weights", layers, **changes), 0)
    assert not (tmp_path / "model").exists()


def test_without_a_file_there_are_no_layers(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="give the card a source that has weights"):
        layers_model.export(tmp_path / "model", None, 0)
