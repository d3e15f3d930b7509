"""TensorFlow.js, run by Node, as the source runtime of its *layers* models, which keep Keras's layers by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from serving_kit.convert import child
from serving_kit.convert.tfjs.reference import VERSION, node
from serving_kit.convert.translation import Reference
from serving_kit.fetch import registry
from serving_kit.fetch.archive import unpack
from serving_kit.fetch.registry import Client, Package
from serving_kit.types import Tensor
from zoo.source import archives

PACKAGE = Package(Client.NPM, "@tensorflow/tfjs", VERSION)
SHA256 = "56505c191e24116787477b3bb5bb1cc0cf1c2bdce8112b9c402a8a2d31cf2f00"
PROGRAM = Path(__file__).parent / "reference" / "layers_model.js"

_MEMBER = "package/dist/tf.es2017.min.js"


def reference(weights: Path, output: str) -> Reference:
    """Return TensorFlow.js's answer to the one input of `weights/model.json`, under the alias `output`."""

    def answer(inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        (given,) = inputs.values()
        with TemporaryDirectory() as name:
            folder = Path(name)
            unpack(registry.fetch(PACKAGE, SHA256, archives()), {"tf.js": _MEMBER}, folder)
            (folder / "input.bin").write_bytes(np.ascontiguousarray(given.array, dtype="<f4").tobytes())
            (folder / "shape.json").write_text(json.dumps(given.array.shape), encoding="utf-8")
            model = weights / "model.json"
            command = [str(node()), str(PROGRAM), str(folder / "tf.js"), str(model), str(folder)]
            child.run(model, "run by TensorFlow.js", command)
            shape = json.loads((folder / "answer.json").read_bytes())
            return {output: Tensor(np.fromfile(folder / "output.bin", dtype="<f4").reshape(shape))}

    return Reference("tfjs", f"TensorFlow.js {VERSION}", answer)
