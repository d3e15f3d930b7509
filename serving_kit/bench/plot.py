"""Rows as a picture: latency on a logarithmic axis, throughput beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from serving_kit.bench.number import short
from serving_kit.bench.row import Row, latest
from serving_kit.errors import BadInput
from serving_kit.spec import Provenance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that colour-blind readers tell apart (Okabe and Ito); grey is for answers that mean nothing.
_COLOURS = {
    Provenance.OFFICIAL: "#0072B2",
    Provenance.REGISTRY: "#009E73",
    Provenance.TRAINED: "#E69F00",
    Provenance.UNTRAINED: "#999999",
    Provenance.UNKNOWN: "#444444",
}
_ROW_HEIGHT_IN = 0.3
_WIDTH_IN = 9.5


def plot(rows: Iterable[Row]) -> Figure:
    """Return a matplotlib figure of the latest row of each run, fastest on top, coloured by provenance.

    Each line runs from p50 (dot) over p95 (tick) to p99 (ring); runs with errors say how many. Needs the `notebooks`
    extra; BadInput where there are no rows.
    """
    import matplotlib.pyplot as plt

    shown = sorted(latest(rows), key=lambda row: -row.p50_ms)
    if not shown:
        raise BadInput("there are no latency rows to plot; measure a model first")
    figure, (latency, throughput) = plt.subplots(
        ncols=2,
        sharey=True,
        width_ratios=(3, 1),
        figsize=(_WIDTH_IN, 1.5 + _ROW_HEIGHT_IN * len(shown)),
        layout="constrained",
    )
    plt.close(figure)  # a notebook shows what a cell returns; an open figure would be shown twice
    _draw_latency(latency, shown)
    _draw_throughput(throughput, shown)
    figure.legend(handles=_legend(shown), loc="outside upper center", ncols=8, frameon=False, fontsize=8)
    return figure


def _draw_latency(axes: Axes, rows: list[Row]) -> None:
    for y, row in enumerate(rows):
        colour = _COLOURS[row.provenance]
        axes.plot((row.p50_ms, row.p99_ms), (y, y), color=colour, linewidth=1.5, alpha=0.5, zorder=1)
        axes.plot(row.p50_ms, y, "o", color=colour, markersize=6)
        axes.plot(row.p95_ms, y, "|", color=colour, markersize=9, markeredgewidth=1.8)
        axes.plot(row.p99_ms, y, "o", markerfacecolor="white", markeredgecolor=colour, markersize=6)
    fastest, slowest = min(row.p50_ms for row in rows), max(row.p99_ms for row in rows)
    _log_axis(axes, "latency of a request, ms", fastest / 1.6, slowest * 1.6, (1.0, 2.0, 5.0))
    axes.set_yticks(range(len(rows)), [_tick(row) for row in rows], fontsize=8)
    axes.set_ylim(-0.6, len(rows) - 0.4)


def _draw_throughput(axes: Axes, rows: list[Row]) -> None:
    for y, row in enumerate(rows):
        axes.plot(row.requests_per_s, y, "o", color=_COLOURS[row.provenance], markersize=6)
        text = f"  {short(row.requests_per_s)}"
        axes.annotate(text, (row.requests_per_s, y), va="center_baseline", fontsize=8)
    seen = [row.requests_per_s for row in rows]
    room_for_text = 4 * (max(seen) / min(seen)) ** 0.3
    _log_axis(axes, "requests/s", min(seen) / 2, max(seen) * room_for_text, (1.0,))
    axes.tick_params(axis="y", length=0)


def _tick(row: Row) -> str:
    errors = f" ({row.errors} errors)" if row.errors else ""
    return f"{row.label}{errors}"


def _log_axis(axes: Axes, title: str, low: float, high: float, ticks_a_decade: tuple[float, ...]) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter

    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_locator(LogLocator(subs=ticks_a_decade))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(title, fontsize=9)
    axes.grid(axis="x", which="major", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(axis="x", labelsize=8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _legend(rows: list[Row]) -> list[object]:
    from matplotlib.lines import Line2D

    grey = "#666666"
    marks = [
        Line2D([], [], color=grey, marker="o", linestyle="", label="p50"),
        Line2D([], [], color=grey, marker="|", linestyle="", markersize=9, markeredgewidth=1.8, label="p95"),
        Line2D([], [], color=grey, marker="o", markerfacecolor="white", linestyle="", label="p99"),
    ]
    present = {row.provenance for row in rows}
    kinds = [
        Line2D([], [], color=colour, marker="s", linestyle="", label=str(provenance))
        for provenance, colour in _COLOURS.items()
        if provenance in present
    ]
    return [*marks, *kinds]
