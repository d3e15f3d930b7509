"""The candidates of a result as a picture: how long a run takes against requests a second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from serving_kit.tune.result import Measurement, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Colours that colour-blind readers tell apart (Okabe and Ito)
_COLOURS = {"paddle": "#0072B2", "onnxruntime": "#E69F00", "openvino": "#009E73"}
_MARKERS = {"fp32": "o", "bf16": "s", "fp16": "s", "int8": "^"}
_BATCH_SIZE = 26.0  # points squared of a marker that stands for one request


def plot(result: Result) -> Figure:
    """Return a matplotlib figure: each candidate a point, larger for larger batches, the two winners named.

    Up and to the left is better. Needs matplotlib, which the `notebooks` extra brings.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    plt.close(figure)  # a notebook shows what a cell returns; an open figure would be shown twice
    for engine in dict.fromkeys(each.candidate.engine for each in result.measurements):
        _draw(axes, engine, [each for each in result.measurements if each.candidate.engine == engine])
    _name(axes, result.throughput, "throughput")
    if result.latency != result.throughput:
        _name(axes, result.latency, "latency")
    axes.set_xscale("log")
    axes.margins(x=0.3)
    axes.set_ylim(0, 1.2 * max(each.requests_per_s for each in result.measurements))  # room for the names
    axes.set_xlabel("duration of a run, ms")
    axes.set_ylabel("requests a second")
    axes.set_title(f"{result.model}, {result.machine.cores} cores")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    return figure


def _draw(axes: Axes, engine: str, measured: list[Measurement]) -> None:
    for precision in dict.fromkeys(each.candidate.precision for each in measured):
        mine = [each for each in measured if each.candidate.precision == precision]
        axes.scatter(
            [each.run_ms for each in mine],
            [each.requests_per_s for each in mine],
            s=[_BATCH_SIZE * (1 + each.candidate.batch.bit_length()) for each in mine],
            marker=_MARKERS[precision],
            color=_COLOURS[engine],
            alpha=0.7,
            label=engine if precision == "fp32" else f"{engine} {precision}",
        )


def _name(axes: Axes, winner: Measurement, what: str) -> None:
    axes.annotate(
        f"{what}: {winner.candidate.title}",
        (winner.run_ms, winner.requests_per_s),
        xytext=(8, 8),
        textcoords="offset points",
        fontsize=8,
    )
