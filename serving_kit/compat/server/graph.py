"""From operators to what a server runs: its engines, what feeds each, and which of them answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from serving_kit.compat.server.operator import Op
from serving_kit.errors import BadInput
from serving_kit.serve.op_class import INFER, RESPONSES


@dataclass(frozen=True)
class Graph:
    """`engines` are (name, index of the model, names of the engines that feed it), in an order in which they can run.

    `answers` are the names of the engines whose outputs are sent.
    """

    engines: tuple[tuple[str, int, tuple[str, ...]], ...]
    answers: tuple[str, ...]


def engines_of(ops: Sequence[Op]) -> Graph:
    """Leave out the operators that run no model; models count in the order of their operators.

    An operator that runs none hands on what feeds it. Engines before the response operator answer; without one, those
    that feed nothing. BadInput where an operator is fed by one that does not come before it, or none runs a model.
    """
    hands_on: dict[str, tuple[str, ...]] = {}
    engines: list[tuple[str, int, tuple[str, ...]]] = []
    answers: tuple[str, ...] = ()
    for op in ops:
        unknown = [name for name in op.inputs if name not in hands_on]
        if unknown:
            raise BadInput(f"{op.name} is fed by {unknown[0]}, which does not come before it; add that one first")
        before = tuple(dict.fromkeys(engine for name in op.inputs for engine in hands_on[name]))
        if op.type == INFER:
            engines.append((op.name, len(engines), before))
        answers = before if op.type in RESPONSES else answers
        hands_on[op.name] = (op.name,) if op.type == INFER else before
    if not engines:
        raise BadInput(f"the operators {[op.name for op in ops]} run no model; add a {INFER} for each")
    fed = {name for _, _, before in engines for name in before}
    return Graph(tuple(engines), answers or tuple(name for name, _, _ in engines if name not in fed))
