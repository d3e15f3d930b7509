"""A TensorFlow.js graph model as it is written: nodes in the order of computation, weights, inputs and outputs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from serving_kit.convert.tfjs import attribute, weight
from serving_kit.errors import ModelFileError
from serving_kit.types import Array


@dataclass(frozen=True, slots=True)
class Node:
    """An operation; `inputs` are names of nodes, `name:k` for another than the first output."""

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of the model: its name, the tensor behind it as nodes write it, dtype and shape."""

    name: str
    tensor: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """What is computed: `nodes` holds only what the outputs need, each behind those it takes."""

    nodes: tuple[Node, ...]
    weights: dict[str, Array]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def read(path: Path) -> Graph:
    """Read `model.json` and the shards beside it; ModelFileError where it is no whole graph model."""
    try:
        document = orjson.loads(path.read_bytes())
        listed = {node["name"]: _node(node) for node in document["modelTopology"]["node"]}
        weights = weight.read(path.parent, document["weightsManifest"])
        outputs = _outputs(document, listed)
        nodes = _needed(listed, [port.tensor for port in outputs])
        inputs = tuple(_input(node, document) for node in nodes if node.op == "Placeholder")
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelFileError(
            f"{path} is no whole TensorFlow.js graph model ({type(error).__name__}: {error}); fetch it again"
        ) from None
    if not inputs or not outputs:
        raise ModelFileError(f"{path} is a graph without inputs or outputs; export it for inference")
    return Graph(nodes, weights, inputs, outputs)


def shards(path: Path) -> tuple[str, ...]:
    """Return the names of the files of weights beside a `model.json`; none for JSON of another kind."""
    try:
        return tuple(name for group in orjson.loads(path.read_bytes())["weightsManifest"] for name in group["paths"])
    except (ValueError, LookupError, TypeError):
        return ()


def node_of(tensor: str) -> tuple[str, int]:
    """Split a tensor's name into its node's and the number of the output."""
    name, _, number = tensor.partition(":")
    return name, int(number or 0)


def _node(node: Mapping[str, Any]) -> Node:
    data = tuple(name for name in node.get("input", ()) if not name.startswith("^"))
    return Node(node["name"], node["op"], data, attribute.decode(node.get("attr", {})))


def _signature(document: Mapping[str, Any], side: str) -> dict[str, Any]:
    """Return one side of the signature, which older converters wrote among the user's own fields."""
    for holder in (document, document.get("userDefinedMetadata") or {}):
        found = (holder.get("signature") or {}).get(side)
        if found:
            return dict(found)
    return {}


def _outputs(document: Mapping[str, Any], nodes: Mapping[str, Node]) -> tuple[Port, ...]:
    """Return the outputs in the order of their tensors' names, numbers counted: JSON keeps none that means anything."""
    ports = [
        Port(_plain(key), said["name"], attribute.element(said["dtype"]), attribute.dims(said.get("tensorShape", {})))
        for key, said in _signature(document, "outputs").items()
    ]
    if not ports:
        taken = {node_of(name)[0] for node in nodes.values() for name in node.inputs}
        ports = [Port(name, name, "float32", ()) for name in nodes if name not in taken]
    return tuple(sorted(ports, key=lambda port: _counted(port.tensor)))


def _input(node: Node, document: Mapping[str, Any]) -> Port:
    for key, said in _signature(document, "inputs").items():
        if node_of(said["name"])[0] == node.name:
            return Port(
                _plain(key), node.name, attribute.element(said["dtype"]), attribute.dims(said.get("tensorShape", {}))
            )
    return Port(node.name, node.name, node.attributes["dtype"], node.attributes.get("shape", ()))


def _plain(key: str) -> str:
    return key.removesuffix(":0")


def _counted(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", _plain(name))]


def _needed(nodes: Mapping[str, Node], outputs: list[str]) -> tuple[Node, ...]:
    """Return what the outputs need, each node behind those it takes: depth first, without recursion."""
    done: dict[str, Node] = {}
    waiting = [(node_of(name)[0], False) for name in reversed(outputs)]
    while waiting:
        name, complete = waiting.pop()
        if name in done:
            continue
        if complete:
            done[name] = nodes[name]
            continue
        waiting.append((name, True))
        waiting.extend((node_of(taken)[0], False) for taken in reversed(nodes[name].inputs) if taken not in done)
    return tuple(done.values())
