from matplotlib.figure import Figure

from benchmarks.peer.plot import plot
from benchmarks.peer.summary import contests
from tests.unit.benchmarks.peer.rows import limit, point, run


def drawn() -> Figure:
    rows = [run("ours", "b"), limit(50.0)]
    rows += [point(name, 10.0 * c, c=c, p99_ms=float(c)) for c in (1, 32) for name in ("ours", "b")]
    return plot(contests(rows)[0], {"ours": "this server", "b": "B"})


def test_each_server_has_a_line_in_both_panels_and_the_limit_one_in_the_first() -> None:
    rates, tails = drawn().axes
    assert [list(line.get_ydata()) for line in rates.lines] == [[10, 320], [10, 320], [50, 50]]
    assert [list(line.get_ydata()) for line in tails.lines] == [[1, 32], [1, 32]]
    assert [label.get_text() for label in rates.get_xticklabels()] == ["1", "32"]


def test_this_servers_line_is_the_thickest_and_the_legend_has_the_titles() -> None:
    figure = drawn()
    own, other, _ = figure.axes[0].lines
    assert own.get_linewidth() > other.get_linewidth()
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["this server", "B", "engine alone, batch 1"]
