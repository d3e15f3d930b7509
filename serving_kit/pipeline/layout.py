"""Where the ops of a graph stand in its drawing: in layers from left to right, with few crossings and straight lines.

The steps are those of Sugiyama's method: each op a layer after those it hears from, lines over several layers led
through places of their own, each layer sorted by where its neighbours stand, and then moved towards them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from serving_kit.pipeline.graph import ENTRY, Graph

_SWEEPS = 8


@dataclass(frozen=True)
class Layout:
    """`layer` and middle (`y`, in units of one op's height) of each op and of `ENTRY`, and the lines between them.

    `height` is that of all of it. A line goes from one op to another by the middles in `via`, one for each layer
    between the two.
    """

    layer: Mapping[str, int]
    y: Mapping[str, float]
    via: Mapping[tuple[str, str], Sequence[float]]
    height: float


def layout(graph: Graph) -> Layout:
    """Place the ops of a graph."""
    layer = {ENTRY: 0}
    for node in graph.nodes:
        layer[node.name] = 1 + max(layer[source] for source in graph.sources[node.name])
    lines = {
        (source, node.name): [source, *_between(source, node.name, layer), node.name]
        for node in graph.nodes
        for source in graph.sources[node.name]
    }
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for name, number in layer.items():
        rows[number].append(name)
    for (source, _), places in lines.items():
        for number, place in enumerate(places[1:-1], start=layer[source] + 1):
            rows[number].append(place)
    y = _placed(rows, [step for places in lines.values() for step in pairwise(places)])
    return Layout(
        layer,
        {name: y[name] for name in layer},
        {ends: [y[place] for place in places[1:-1]] for ends, places in lines.items()},
        max(y[name] + _room(name) / 2 for name in y),
    )


def _between(source: str, name: str, layer: Mapping[str, int]) -> list[str]:
    """Name the places of a line in the layers between its ends; no op can have such a name in this drawing."""
    return [f"{source}\0{name}\0{number}" for number in range(layer[source] + 1, layer[name])]


def _placed(rows: Sequence[list[str]], steps: Iterable[tuple[str, str]]) -> dict[str, float]:
    before: dict[str, list[str]] = {name: [] for row in rows for name in row}
    after: dict[str, list[str]] = {name: [] for row in rows for name in row}
    for left, right in steps:
        before[right].append(left)
        after[left].append(right)
    y = {name: float(number) for row in rows for number, name in enumerate(row)}
    for _ in range(_SWEEPS):
        for neighbours, ordered in ((before, rows), (after, rows[::-1])):
            for row in ordered:
                row.sort(key=_mean_of(neighbours, y))
                _spread(row, {name: _mean_of(neighbours, y)(name) for name in row}, y)
    top = min(y[name] - _room(name) / 2 for name in y)
    return {name: value - top for name, value in y.items()}


def _mean_of(neighbours: Mapping[str, Sequence[str]], y: Mapping[str, float]) -> Callable[[str], float]:
    def mean(name: str) -> float:
        found = [y[other] for other in neighbours[name]]
        return sum(found) / len(found) if found else y[name]

    return mean


def _spread(row: Sequence[str], wanted: Mapping[str, float], y: dict[str, float]) -> None:
    """Put a layer's places, in their order, as near to where they are wanted as the room of each allows.

    Places too near to one another become a block, which stands where its members are wanted on average.
    """
    blocks: list[tuple[list[str], float]] = []
    for name in row:
        block, middle = [name], wanted[name]
        while blocks and blocks[-1][1] + (_height(blocks[-1][0]) + _height(block)) / 2 > middle:
            block = blocks.pop()[0] + block
            middle = _middle(block, wanted)
        blocks.append((block, middle))
    for block, middle in blocks:
        at = middle - _height(block) / 2
        for name in block:
            y[name] = at + _room(name) / 2
            at += _room(name)


def _middle(block: Sequence[str], wanted: Mapping[str, float]) -> float:
    """Return where the middle of a block is, if its members are on average where they are wanted."""
    at, offsets = -_height(block) / 2, []
    for name in block:
        offsets.append(wanted[name] - (at + _room(name) / 2))
        at += _room(name)
    return sum(offsets) / len(offsets)


def _height(block: Sequence[str]) -> float:
    return sum(_room(name) for name in block)


def _room(name: str) -> float:
    return 0.5 if "\0" in name else 1.0
