"""A scatter plot on two logarithmic axes in which every point has its name beside it, readable with fifty of them."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from serving_kit.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that colour-blind readers tell apart (Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8a6d00", "#56B4E9", "#444444")
LETTERS_PT = 7.0
SIZE_IN = (9.5, 7.0)
_DOT_PX = 5.0
_MARGIN = 1.35  # room between the outermost points and the frame, as a factor

Box: TypeAlias = tuple[float, float, float, float]


class Point(NamedTuple):
    """A named point; x and y must be above zero, `kind` decides the colour."""

    name: str
    x: float
    y: float
    kind: str


def plot(points: Sequence[Point], x_title: str, y_title: str, kinds: Sequence[str]) -> "Figure":
    """Return a matplotlib figure; BadInput where there are no points."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FuncFormatter

    if not points:
        raise BadInput("there is nothing to plot: no model that was asked for has been measured yet")
    figure, axes = plt.subplots(figsize=SIZE_IN, layout="constrained")
    plt.close(figure)  # a notebook shows what a cell returns; an open figure would be shown twice
    for kind, colour in zip(kinds, COLOURS, strict=False):
        shown = [point for point in points if point.kind == kind]
        if shown:
            axes.scatter([p.x for p in shown], [p.y for p in shown], s=26, color=colour, label=kind, zorder=3)
    for axis, title, values in (
        (axes.xaxis, x_title, [p.x for p in points]),
        (axes.yaxis, y_title, [p.y for p in points]),
    ):
        axis.axes.set(**{f"{axis.axis_name}scale": "log"})
        axis.axes.set(**{f"{axis.axis_name}lim": (min(values) / _MARGIN, max(values) * _MARGIN)})
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_label_text(title)
    axes.grid(color="#e3e6ea", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(kinds), frameon=False, fontsize=9)
    _name(figure, axes, points, kinds)
    return figure


def _name(figure: "Figure", axes: "Axes", points: Sequence[Point], kinds: Sequence[str]) -> None:
    """Write each name where it covers least, from the most crowded point to the loneliest."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.font_manager import FontProperties

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # only then is it known where a point comes to lie
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    letters = FontProperties(size=LETTERS_PT)
    colours = dict(zip(kinds, COLOURS, strict=False))
    scale = figure.dpi / 72
    places = axes.transData.transform([(point.x, point.y) for point in points]).tolist()
    dots = [(x - _DOT_PX, y - _DOT_PX, x + _DOT_PX, y + _DOT_PX) for x, y in places]
    frame = axes.get_window_extent().extents
    taken: list[Box] = list(dots)
    for number in sorted(range(len(points)), key=lambda number: _space(number, places)):
        x, y = places[number]
        width, height, _ = renderer.get_text_width_height_descent(points[number].name, letters, ismath=False)
        box = min(_spots(x, y, width + 4, height + 3), key=lambda box: _cost(box, taken, frame))
        taken.append(box)
        centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        offset = ((centre[0] - x) / scale, (centre[1] - y) / scale)
        line = {"arrowstyle": "-", "color": colours[points[number].kind], "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2}
        axes.annotate(
            points[number].name,
            (points[number].x, points[number].y),
            offset,
            textcoords="offset points",
            ha="center",
            va="center",
            fontproperties=letters,
            color=colours[points[number].kind],
            arrowprops=line if _far(box, x, y) else None,
        )


def _spots(x: float, y: float, width: float, height: float) -> Iterator[Box]:
    """Yield places for a name around its point, the best first."""
    for away in range(7, 80, 6):
        middle, up = height / 2, away + height / 2
        centres = [(x + away + width / 2, y), (x - away - width / 2, y), (x, y + up), (x, y - up)]
        sides = (x + away / 2 + width / 2, x - away / 2 - width / 2, x + width / 4, x - width / 4)
        centres += [(side, y + sign * rise) for side in sides for sign in (1, -1) for rise in (up, 0.6 * up)]
        for across, along in centres:
            yield across - width / 2, along - middle, across + width / 2, along + middle


def _cost(box: Box, taken: Sequence[Box], frame: Sequence[float]) -> float:
    """Return the area that a box covers of others, and of what lies outside the frame."""
    covered = sum(_overlap(box, other) for other in taken)
    outside = _area(box) - _overlap(box, (frame[0], frame[1], frame[2], frame[3]))
    return covered + 2 * outside


def _overlap(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _far(box: Box, x: float, y: float) -> bool:
    """Tell whether a name stands so far off that a line must say whose it is."""
    return max(box[0] - x, x - box[2], box[1] - y, y - box[3]) > 2 * _DOT_PX


def _space(number: int, places: Sequence[Sequence[float]]) -> float:
    """Return how far, in pixels, the third nearest neighbour is."""
    x, y = places[number]
    away = sorted((other[0] - x) ** 2 + (other[1] - y) ** 2 for other in places)
    return math.sqrt(away[min(3, len(away) - 1)])
