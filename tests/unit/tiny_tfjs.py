"""Small TensorFlow.js graph models, written by hand, and what the network made of one answers."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.convert.tfjs import graph, network
from serving_kit.runtime.framework import paddle

TYPES = {"float32": "DT_FLOAT", "int32": "DT_INT32", "bool": "DT_BOOL"}


def attribute(value: Any) -> dict[str, Any]:
    """Write a value as TensorFlow's `AttrValue`; a text that begins with DT_ is a type."""
    if isinstance(value, tuple):
        held = [attribute(one) for one in value]
        kind = next(iter(held[0])) if held else "i"
        return {"list": {kind: [one[kind] for one in held]}}
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": value}
    return {"type": value} if value.startswith("DT_") else {"s": base64.b64encode(value.encode()).decode()}


def node(name: str, op: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": {k: attribute(v) for k, v in attributes.items()}}


def write(
    folder: Path,
    nodes: Sequence[dict[str, Any]],
    weights: Mapping[str, Any] | None = None,
    *,
    outputs: Mapping[str, str] | None = None,
    **inputs: Any,
) -> Path:
    """Write `model.json` and `model.bin`; `inputs` are arrays of the shapes and types that the model takes."""
    arrays = {name: np.asarray(value) for name, value in (weights or {}).items()}
    arrays = {name: a.astype("float32" if a.dtype == np.float64 else a.dtype) for name, a in arrays.items()}
    arrays = {name: a.astype("int32" if a.dtype == np.int64 else a.dtype) for name, a in arrays.items()}
    given = [_placeholder(name, array) for name, array in inputs.items()]
    signature = {
        key: {"name": tensor, "dtype": "DT_FLOAT", "tensorShape": {}}
        for key, tensor in (outputs or {"y": "y:0"}).items()
    }
    described = [
        {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)} for name, array in arrays.items()
    ]
    document = {
        "format": "graph-model",
        "modelTopology": {"node": [*given, *(node(name, "Const") for name in arrays), *nodes], "versions": {}},
        "signature": {"outputs": signature},
        "weightsManifest": [{"paths": ["model.bin"], "weights": described}],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.bin").write_bytes(b"".join(array.tobytes() for array in arrays.values()))
    path = folder / "model.json"
    path.write_text(json.dumps(document))
    return path


def _placeholder(name: str, array: np.ndarray) -> dict[str, Any]:
    shape = {"shape": {"dim": [{"size": str(size)} for size in array.shape]}}
    return {"name": name, "op": "Placeholder", "attr": {"dtype": {"type": TYPES[str(array.dtype)]}, "shape": shape}}


def answers(path: Path, *feeds: np.ndarray) -> list[np.ndarray]:
    """Return what the network answers, computed as it is, without a program being written."""
    tensors = [paddle().to_tensor(feed) for feed in feeds]
    return [output.numpy() for output in network.run(graph.read(path), tensors, lambda _, a: paddle().to_tensor(a))]
