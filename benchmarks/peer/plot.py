"""Requests/s and the 99th percentile against the number of connections, one line a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peer import ours
from benchmarks.peer.summary import Contest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Blues for this server; the others from Okabe and Ito, told apart by their marks where colours repeat.
_OWN = ("#0072B2", "#56B4E9", "#003f66", "#5e4fa2")
_OTHERS = ("#D55E00", "#E69F00", "#009E73", "#CC79A7", "#999999", "#000000")
_MARKS = "os^Dvpx*"
_SIZE_IN = (10.0, 4.2)


def plot(contest: Contest, titles: dict[str, str]) -> Figure:
    """Return a figure of two panels with logarithmic axes; `titles` names the servers of the legend."""
    import matplotlib.pyplot as plt

    figure, (rates, tails) = plt.subplots(ncols=2, figsize=_SIZE_IN, layout="constrained")
    plt.close(figure)
    names = list(dict.fromkeys(entry.server for entry in contest.entries))
    own = [name for name in names if name.startswith(ours.NAME)]
    others = [name for name in names if name not in own]
    styles = {name: (_OWN[place % len(_OWN)], 2.4) for place, name in enumerate(own)}
    styles |= {name: (_OTHERS[place % len(_OTHERS)], 1.1) for place, name in enumerate(others)}
    for place, name in enumerate(names):
        entries = [entry for entry in contest.entries if entry.server == name]
        colour, width = styles[name]
        style = {"color": colour, "linewidth": width, "marker": _MARKS[place % len(_MARKS)], "markersize": 4.5}
        x = [entry.concurrency for entry in entries]
        rates.plot(x, [entry.requests_per_s for entry in entries], label=titles.get(name, name), **style)
        tails.plot(x, [entry.p99_ms for entry in entries], **style)
    limit = contest.limit(1)
    if limit:
        rates.axhline(limit, color="#444444", linewidth=0.8, linestyle=":", label="engine alone, batch 1")
    _axes(rates, contest, "requests/s")
    _axes(tails, contest, "99th percentile, ms")
    figure.legend(loc="outside right upper", frameon=False, fontsize=7.5)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG that is the same for the same rows."""
    import matplotlib as mpl

    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _axes(axes: Axes, contest: Contest, title: str) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(contest.concurrencies, [str(number) for number in contest.concurrencies])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.set_xlabel("connections, each with one request on its way", fontsize=8)
    axes.set_ylabel(title, fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(which="major", color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
