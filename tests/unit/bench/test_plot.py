from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from serving_kit.bench import plot
from serving_kit.errors import BadInput
from tests.unit.bench.rows import made_up


def tick_labels(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def test_each_run_has_a_line_and_the_fastest_is_on_top() -> None:
    figure = plot(
        [made_up("slow", p50_ms=50, p95_ms=60, p99_ms=70), made_up("fast"), made_up("bad", p50_ms=2, errors=3)]
    )
    assert tick_labels(figure) == ["slow", "bad (3 errors)", "fast"]


def test_the_marks_stand_at_the_percentiles_on_a_log_axis() -> None:
    latency, throughput = plot([made_up()]).axes
    assert latency.get_xscale() == "log"
    assert [list(line.get_xdata()) for line in latency.lines] == [[1.5, 4.0], [1.5], [2.25], [4.0]]
    assert [list(line.get_xdata()) for line in throughput.lines] == [[1234.5]]


def test_the_legend_names_the_provenances_that_are_there() -> None:
    figure = plot([made_up("real"), made_up("shape-only", provenance="untrained")])
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["p50", "p95", "p99", "registry", "untrained"]


def test_one_row_and_forty_rows_are_both_drawn_in_full() -> None:
    for count in (1, 40):
        figure = plot([made_up(f"model-with-a-long-name-{n}", p50_ms=1.1**n, p99_ms=1.2**n + 1) for n in range(count)])
        figure.draw_without_rendering()
        width, height = figure.get_size_inches() * figure.dpi
        boxes = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
        assert all(box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height for box in boxes)
        tops = sorted((box.y0, box.y1) for box in boxes)
        assert all(below[1] <= above[0] for below, above in pairwise(tops))


def test_no_rows_are_refused() -> None:
    with pytest.raises(BadInput, match="measure a model first"):
        plot([])
