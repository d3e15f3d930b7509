"""The shape of a pipeline: which op's answers each op waits for, checked before anything runs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from serving_kit.errors import BadInput

ENTRY = "@DAGExecutor"
"""The name under which the first ops get the request, as in Paddle Serving."""


@dataclass(frozen=True)
class Node:
    """One op in the graph: `inputs` are the ops it waits for, `jumps` those that it may hand its answer to instead.

    With `takes_first` it runs on the first answer that comes, and does not wait for the others.
    """

    name: str
    inputs: tuple[str, ...]
    jumps: tuple[str, ...] = ()
    takes_first: bool = False


class Graph:
    """A graph that ends in one op; `nodes` stand in an order in which each comes after those it waits for.

    An op hears from its `sources`: its inputs, and the ops before it that may jump to it. It speaks to its
    `followers`, or where it jumps to its `jumps`. A jump back, to an op that came before, begins a round of a loop:
    `loops` has the ops of each round, from the one jumped to to the one that jumps. In a graph that `is_line` each op
    waits for the one before it alone, and nothing jumps.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        given = list(nodes)
        _check_names(given)
        before = _before(given)
        self.jumps: Mapping[str, tuple[str, ...]] = {
            node.name: tuple(name for name in node.jumps if name not in before[node.name]) for node in given
        }
        self.sources: Mapping[str, tuple[str, ...]] = {
            node.name: (*node.inputs, *(name for name, jumps in self.jumps.items() if node.name in jumps))
            for node in given
        }
        self.nodes: Sequence[Node] = _in_order(given, self.sources)
        self.followers: Mapping[str, tuple[str, ...]] = {
            name: tuple(node.name for node in self.nodes if name in node.inputs) for name in (ENTRY, *before)
        }
        self.last = self._only_end()
        self.loops: Mapping[str, Sequence[Sequence[Node]]] = {
            node.name: [
                [one for one in self.nodes if start in before[one.name] and one.name in before[node.name]]
                for start in node.jumps
                if start in before[node.name]
            ]
            for node in given
        }
        line = (ENTRY, *(node.name for node in self.nodes))
        self.is_line = not any(node.jumps for node in self.nodes) and all(
            self.sources[name] == (before,) for before, name in pairwise(line)
        )
        for name, loops in self.loops.items():
            if len(loops) > 1 or (loops and self.jumps[name]):
                raise BadInput(f"op {name!r} jumps back and elsewhere too; let it jump back to one op and nowhere else")

    def _only_end(self) -> str:
        ends = [node.name for node in self.nodes if not self.followers[node.name] and not self.jumps[node.name]]
        if len(ends) != 1:
            raise BadInput(f"a pipeline ends in one op, but nothing waits for {', '.join(ends)}; join them in one more")
        return ends[0]


def _before(nodes: Sequence[Node]) -> dict[str, set[str]]:
    """Return for each op those that it waits for, at whatever distance, and itself."""
    before: dict[str, set[str]] = {ENTRY: set()}
    for node in _in_order(nodes, {node.name: node.inputs for node in nodes}):
        before[node.name] = {node.name}.union(*(before[name] for name in node.inputs))
    return before


def _in_order(nodes: Sequence[Node], sources: Mapping[str, Sequence[str]]) -> list[Node]:
    by_name = {node.name: node for node in nodes}
    try:
        order = TopologicalSorter(sources).static_order()
        return [by_name[name] for name in order if name != ENTRY]
    except CycleError as error:
        raise BadInput(f"the ops {' -> '.join(error.args[1])} wait for one another; take one input away") from None


def _check_names(nodes: Sequence[Node]) -> None:
    if not nodes:
        raise BadInput("a pipeline needs at least one op")
    names = {ENTRY, *(node.name for node in nodes)}
    twice = [name for name, count in Counter([ENTRY, *(node.name for node in nodes)]).items() if count > 1]
    if twice:
        raise BadInput(f"two ops are called {twice[0]!r}; give each a name of its own")
    for node in nodes:
        unknown = [name for name in (*node.inputs, *node.jumps) if name not in names]
        followed = [other.name for other in nodes if node.name in other.inputs and other.name in node.jumps]
        if unknown:
            raise BadInput(f"op {node.name!r} names {unknown[0]!r}, which is no op of this pipeline")
        if not node.inputs:
            raise BadInput(f"op {node.name!r} has no input; let it wait for {ENTRY} or another op")
        if len(set(node.inputs)) < len(node.inputs) or len(set(node.jumps)) < len(node.jumps):
            raise BadInput(f"op {node.name!r} names an op twice; name it once")
        if ENTRY in node.jumps:
            raise BadInput(f"op {node.name!r} cannot jump to {ENTRY}; let it jump to an op")
        if followed:
            raise BadInput(f"op {node.name!r} jumps to {followed[0]!r}, which waits for it anyway; keep one of the two")
