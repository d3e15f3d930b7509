"""Where a drawing has its layers and lines: from left to right, or from the top down where that would be too wide."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from serving_kit.pipeline.graph import ENTRY
from serving_kit.pipeline.layout import Layout

WIDTH, HEIGHT = 204, 86  # of an op
PILL_WIDTH, PILL_HEIGHT = 72, 28
MARGIN, HEAD, FOOT = 16, 52, 40
_GAP, _ARC = 30, 44
_WIDE, _NARROW = 1100, 540  # a page's width, and that of the words around the graph

Point = tuple[float, float]


@dataclass(frozen=True)
class _Way:
    """Sizes along the way that the layers go, and across it."""

    op: int
    pill: int
    gap: int
    depth: int  # of an op, across
    is_down: bool

    def point(self, along: float, across: float) -> Point:
        return (across, along) if self.is_down else (along, across)


_RIGHT = _Way(WIDTH, PILL_WIDTH, 64, HEIGHT, is_down=False)
_DOWN = _Way(HEIGHT, PILL_HEIGHT, 40, WIDTH, is_down=True)


class Frame:
    """The places of a layout in pixels; `has_loops` leaves room for the lines that lead back."""

    def __init__(self, places: Layout, *, has_loops: bool) -> None:
        self._places = places
        self._layers = max(places.layer.values())
        arc = _ARC if has_loops else 0
        right, down = self._size(_RIGHT, arc), self._size(_DOWN, arc)
        is_down = right[0] > _WIDE and down[0] < right[0]
        self._way = _DOWN if is_down else _RIGHT
        self.width, self.height = down if is_down else right
        if is_down:
            self._begin, self._edge = HEAD, (self.width - places.height * (WIDTH + _GAP) + arc) / 2
        else:
            self._begin, self._edge = MARGIN, HEAD + arc

    def corner(self, name: str) -> Point:
        """Return the upper left corner of an op."""
        return self._box(name, self._places.layer[name], WIDTH, HEIGHT)

    def request(self) -> Point:
        """Return the upper left corner of what stands for the request."""
        return self._box(ENTRY, 0, PILL_WIDTH, PILL_HEIGHT)

    def answer(self, last: str) -> Point:
        """Return the upper left corner of what stands for the answer, behind the last op."""
        return self._box(last, self._layers + 1, PILL_WIDTH, PILL_HEIGHT)

    def line(self, source: str, name: str) -> str:
        """Return the path of a line: where it begins and ends, and enters and leaves the layers between."""
        first, last = self._places.layer[source], self._places.layer[name]
        ways: list[Point] = [(self._end(first), self._places.y[source])]
        for number, middle in enumerate(self._places.via[source, name], start=first + 1):
            ways += [(self._start(number), middle), (self._end(number), middle)]
        return self._path([*ways, (self._start(last), self._places.y[name])])

    def line_out(self, last: str) -> str:
        """Return the path of the line from the last op to the answer."""
        middle = self._places.y[last]
        return self._path([(self._end(self._layers), middle), (self._start(self._layers + 1), middle)])

    def arc(self, source: str, name: str) -> str:
        """Return the path of a line that leads back beside the ops between, from one's latter half to one's former."""
        ends = [(source, 0.7), (name, 0.3)]
        (a1, c1), (a2, c2) = (
            (self._start(self._places.layer[op]) + part * self._way.op, self._across(op) - self._way.depth / 2)
            for op, part in ends
        )
        far = self._edge + _GAP / 2 - _ARC
        return f"M{self._written((a1, c1))}{self._curve((a1, far), (a2, far), (a2, c2))}"

    def _size(self, way: _Way, arc: int) -> Point:
        along = 2 * (way.pill + way.gap) + self._layers * (way.op + way.gap) - way.gap
        across = self._places.height * (way.depth + _GAP) + arc
        if way.is_down:
            return max(across + 2 * MARGIN, _NARROW), HEAD + along + FOOT
        return along + 2 * MARGIN, HEAD + across + FOOT

    def _start(self, layer: int) -> float:
        way = self._way
        return self._begin + (way.pill + way.gap + (layer - 1) * (way.op + way.gap) if layer else 0)

    def _end(self, layer: int) -> float:
        return self._start(layer) + (self._way.op if layer else self._way.pill)

    def _across(self, name: str) -> float:
        return self._edge + self._places.y[name] * (self._way.depth + _GAP)

    def _box(self, name: str, layer: int, width: int, height: int) -> Point:
        depth = width if self._way.is_down else height
        return self._way.point(self._start(layer), self._across(name) - depth / 2)

    def _path(self, ways: Sequence[Point]) -> str:
        """Lead through points, each a place along and a middle across, by curves that are straight at their ends."""
        points = [(along, self._edge + middle * (self._way.depth + _GAP)) for along, middle in ways]
        path = f"M{self._written(points[0])}"
        for (a1, c1), (a2, c2) in pairwise(points):
            half = (a2 - a1) / 2
            path += self._curve((a1 + half, c1), (a2 - half, c2), (a2, c2))
        return path

    def _curve(self, *points: Point) -> str:
        return f" C{' '.join(map(self._written, points))}"

    def _written(self, point: Point) -> str:
        x, y = self._way.point(*point)
        return f"{x:g},{y:g}"
