"""TensorFlow.js graph models to Paddle, and TensorFlow.js's own answer to compare with."""

import json
import sys
from pathlib import Path

from serving_kit import __version__
from serving_kit.convert import child
from serving_kit.convert.source import Source
from serving_kit.convert.tfjs import reference
from serving_kit.convert.tfjs.reference import answer
from serving_kit.convert.translation import Translation

__all__ = ["answer", "translate", "versions"]


def translate(model: Path, folder: Path) -> Translation:
    """Convert `model`, the JSON file of a graph model, inside `folder`; ModelFileError names what cannot be translated.

    Names are those of the model's signature, without `:0`; outputs come in the order of their tensors' names.
    """
    folder.mkdir()
    command = [sys.executable, "-m", "serving_kit.convert.tfjs.process", str(model.resolve()), str(folder)]
    child.run(model, "converted", command)
    program, params = folder / "paddle.json", folder / "paddle.pdiparams"
    params.touch()  # a model without weights comes without the file
    names = json.loads((folder / "names.json").read_bytes())
    return Translation(Source("pir", program, params), tuple(names["inputs"]), tuple(names["outputs"]))


def versions() -> tuple[str, str]:
    """Return the translator and the runtime with their versions; Unsupported where Node.js is not installed."""
    reference.node()
    return f"serving-kit {__version__}", f"TensorFlow.js {reference.VERSION}"
