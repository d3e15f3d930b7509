"""A graph as a network of Paddle's, written down as a program for inference."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving_kit.convert.tfjs.call import Call, Result, Value
from serving_kit.convert.tfjs.flow import Flow
from serving_kit.convert.tfjs.folding import FOLDED, folded
from serving_kit.convert.tfjs.graph import Graph, Port, node_of
from serving_kit.convert.tfjs.ops import OPERATIONS
from serving_kit.errors import ModelFileError
from serving_kit.runtime.framework import paddle, summary
from serving_kit.types import Array

# These have no operation of their own: their values are given, or known beforehand.
_GIVEN = {"Const", "Placeholder", *FOLDED}


def check(graph: Graph) -> None:
    """Raise ModelFileError, naming them all, where the graph has operations that have no translation."""
    lacking = sorted({node.op for node in graph.nodes} - OPERATIONS.keys() - _GIVEN)
    if lacking:
        raise ModelFileError(f"there is no translation for {', '.join(lacking)}; export the model without them")


def run(graph: Graph, feeds: Sequence[Any], hold: Any) -> list[Any]:
    """Compute the outputs from tensors for the inputs, in the graph's order; `hold` makes parameters of weights."""
    ports = {port.tensor: feed for port, feed in zip(graph.inputs, feeds, strict=True)}
    done: dict[str, Result] = {}

    def value(tensor: str) -> Value:
        name, number = node_of(tensor)
        found = done[name]
        return found[number] if isinstance(found, tuple) else found

    for node in graph.nodes:
        if node.op == "Placeholder":
            done[node.name] = Flow(ports[node.name])
        elif node.op == "Const":
            done[node.name] = graph.weights[node.name]
        else:
            done[node.name] = _compute(Call(node, [value(name) for name in node.inputs], hold))
    return [_tensor(value(port.tensor)) for port in graph.outputs]


def save(graph: Graph, stem: Path) -> None:
    """Write `<stem>.json` and `<stem>.pdiparams`; ModelFileError where an operation does not fit its inputs."""
    check(graph)
    network = _network(graph)
    module = paddle()
    with module.no_grad():  # the weights become parameters at the first run, before the program is written down
        network([module.zeros([max(1, size) for size in port.shape], port.dtype) for port in graph.inputs])
    specs = [_input_spec(number, port) for number, port in enumerate(graph.inputs)]
    module.jit.save(network, str(stem), input_spec=[specs])


def _compute(call: Call) -> Result:
    known = folded(call)
    if known is not None:
        return known
    if call.node.op not in OPERATIONS:
        raise call.refusal("is computed from the model's input, for which there is no translation; export it otherwise")
    try:
        return OPERATIONS[call.node.op](call)
    except ModelFileError:
        raise
    except Exception as error:  # noqa: BLE001 - Paddle raises its own kinds on tensors that do not fit
        raise call.refusal(f"does not fit its inputs: {summary(error)}") from None


def _tensor(value: Value) -> Any:
    return value.as_graph() if isinstance(value, Flow) else paddle().to_tensor(value)


def _input_spec(number: int, port: Port) -> Any:
    shape = [None if size < 0 else size for size in port.shape]
    return paddle().static.InputSpec(shape, port.dtype, name=f"input_{number}")


def _network(graph: Graph) -> Any:
    module = paddle()
    compute = module.jit.not_to_static(run)  # else Paddle rewrites its Python

    class Network(module.nn.Layer):  # type: ignore[name-defined, misc]
        """The graph, its weights as parameters that are made at the first run."""

        def __init__(self) -> None:
            super().__init__()
            self._held: dict[str, str] = {}

        def forward(self, inputs: Sequence[Any]) -> list[Any]:
            outputs: list[Any] = compute(graph, inputs, self.hold)
            return outputs

        def hold(self, name: str, array: Array) -> Any:
            if name not in self._held:
                initial = module.nn.initializer.Assign(np.ascontiguousarray(array))
                attribute = f"weight_{len(self._held)}"
                parameter = self.create_parameter(list(array.shape), default_initializer=initial)
                self.add_parameter(attribute, parameter)
                self._held[name] = attribute
            return getattr(self, self._held[name])

    network = Network()
    network.eval()
    return network
