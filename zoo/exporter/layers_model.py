"""A TensorFlow.js *layers* model in Paddle: Keras's layers as `model.json` lists them, weights beside it.

Unlike a graph model it names no operations but layers, of which a residual dense network needs the few below.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from serving_kit.convert.tfjs import weight
from serving_kit.convert.translation import Reference
from serving_kit.errors import BadInput
from serving_kit.runtime.framework import paddle as paddle_module
from zoo.exporter import network, tensorflow_js

NEEDS = (Path(network.__file__), Path(tensorflow_js.__file__), tensorflow_js.PROGRAM)

Config = Mapping[str, Any]
Layer = Callable[[Config, Sequence[Any], Mapping[str, Any]], Any]

# What a layer computes as it is read here; another setting would be another computation.
_PLAIN: dict[str, dict[str, Any]] = {
    "Conv2D": {"strides": [1, 1], "dilation_rate": [1, 1], "groups": 1, "activation": "linear", "use_bias": True},
    "Activation": {"activation": "relu"},
    "Concatenate": {"axis": 3},
    "UpSampling2D": {"interpolation": "nearest"},
}


def export(destination: Path, weights: Path | None, seed: int) -> None:  # noqa: ARG001 - nothing is drawn
    """Write `destination/model.json` and `model.pdiparams`: `image` [-1, -1, -1, 3] in, the last layer's output out.

    `weights` is a folder with TensorFlow.js's `model.json` and what it names. BadInput where it is no layers model of
    one input and one output, or has a layer that is not known here.
    """
    if weights is None:
        raise BadInput("layers_model takes its layers from a file; give the card a source that has weights")
    document = json.loads((weights / "model.json").read_bytes())
    if document.get("format") != "layers-model":
        raise BadInput(f"model.json is of format {document.get('format')!r}, not a layers-model; give format tfjs")
    config = document["modelTopology"]["model_config"]["config"]
    _check(config)
    arrays = weight.read(weights, document["weightsManifest"])
    state = {name: array.transpose(3, 2, 0, 1) if array.ndim == 4 else array for name, array in arrays.items()}

    def forward(self: Any, image: Any) -> Any:
        return _computed(config, image.transpose([0, 3, 1, 2]), self.weights).transpose([0, 2, 3, 1])

    network.save(destination, forward, state, {"image": ((-1, -1, -1, 3), "float32")})


def reference(weights: Path) -> Reference:
    """Return TensorFlow.js with the same file."""
    return tensorflow_js.reference(weights, "enlarged")


def _check(config: Config) -> None:
    if len(config["input_layers"]) != 1 or len(config["output_layers"]) != 1:
        raise BadInput("the model has several inputs or outputs; this exporter takes one of each")
    for layer in config["layers"]:
        name, kind, found = layer["config"]["name"], layer["class_name"], layer["config"]
        if kind != "InputLayer" and kind not in _LAYERS:
            raise BadInput(f"layer {name!r} is a {kind}; this exporter knows {sorted(_LAYERS)}")
        for setting, value in _PLAIN.get(kind, {}).items():
            if found.get(setting, value) != value:
                raise BadInput(f"layer {name!r} has {setting} {found[setting]!r}; this exporter knows {value!r}")


def _computed(config: Config, image: Any, weights: Mapping[str, Any]) -> Any:
    done: dict[str, Any] = {config["input_layers"][0][0]: image}
    for layer in config["layers"]:
        if layer["class_name"] != "InputLayer":
            taken = [done[source[0]] for source in layer["inbound_nodes"][0]]
            done[layer["name"]] = _LAYERS[layer["class_name"]](layer["config"], taken, weights)
    return done[config["output_layers"][0][0]]


def _conv(config: Config, taken: Sequence[Any], weights: Mapping[str, Any]) -> Any:
    kernel, bias = (weights[f"{config['name']}/{part}"] for part in ("kernel", "bias"))
    padding = kernel.shape[2] // 2 if config["padding"] == "same" else 0
    return paddle_module().nn.functional.conv2d(taken[0], kernel, bias, padding=padding)


_LAYERS: dict[str, Layer] = {
    "Conv2D": _conv,
    "Activation": lambda _config, taken, _weights: paddle_module().nn.functional.relu(taken[0]),
    "Concatenate": lambda _config, taken, _weights: paddle_module().concat(list(taken), axis=1),
    "Add": lambda _config, taken, _weights: taken[0] + taken[1],
    "UpSampling2D": lambda config, taken, _weights: paddle_module().nn.functional.interpolate(
        taken[0], scale_factor=config["size"], mode="nearest"
    ),
}
