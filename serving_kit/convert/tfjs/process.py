"""The child process that writes a TensorFlow.js graph model down as a Paddle program.

`python -m serving_kit.convert.tfjs.process <model.json> <folder>` leaves `paddle.json`, `paddle.pdiparams` and, in
`names.json`, the names of the inputs and outputs in the order of the program's.
"""

import json
import sys
from pathlib import Path

from serving_kit.convert.tfjs import network
from serving_kit.convert.tfjs.graph import read
from serving_kit.errors import ModelFileError


def translate(model: Path, folder: Path) -> None:
    """Write the program of `model` into `folder`."""
    graph = read(model)
    network.save(graph, folder / "paddle")
    names = {"inputs": [port.name for port in graph.inputs], "outputs": [port.name for port in graph.outputs]}
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")


if __name__ == "__main__":
    try:
        translate(Path(sys.argv[1]), Path(sys.argv[2]))
    except ModelFileError as failure:
        sys.exit(str(failure))
