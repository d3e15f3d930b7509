"""Models as a table to choose from, and as a picture in which every name can be read."""

import io
import random

import pytest

from notebooks.house import index, picker, record, scatter
from notebooks.house.index import Entry
from notebooks.house.rules import Page
from notebooks.house.scatter import Point
from serving_kit.errors import BadInput
from tests.house.conftest import latency_row


@pytest.fixture(autouse=True)
def _two_models(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page.card
    measured = Entry(page.card, page.path, record.of_model(latency_row("uci-housing"), None))
    never_ran = Entry(page.card.model_copy(update={"name": "new", "task": "face-detection"}), None, None)
    monkeypatch.setattr(index, "entries", lambda: [measured, never_ran])


def test_the_table_is_filtered_with_plain_code() -> None:
    models = picker.table()
    assert list(models.columns) == ["task", "answers", "size_mb", "p50_ms", "weights", "licence"]
    assert list(models[models.p50_ms < 2].index) == ["uci-housing"]
    assert models.p50_ms.isna().tolist() == [False, True]
    assert models.loc["uci-housing"].tolist() == [
        *("regression", "House prices by a straight line", 0.01, 1.234, "registry", "Apache-2.0")
    ]


def test_the_picture_shows_what_was_measured() -> None:
    (axes,) = picker.plot(picker.table()).axes
    assert [text.get_text() for text in axes.texts] == ["uci-housing"]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("size of the weights, MB", "p50 of a request, ms")


def test_nothing_measured_is_said() -> None:
    with pytest.raises(BadInput, match="no model that was asked for has been measured yet"):
        picker.plot(picker.table().tail(1))


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        ("text-detection", "text in pictures"),
        ("face-detection", "people"),
        ("object-detection", "pictures"),
        ("lexical-analysis", "words"),
        ("regression", "rows and sounds"),
    ],
)
def test_a_task_belongs_to_the_first_kind_that_knows_a_word_of_it(task: str, kind: str) -> None:
    assert picker.kind(task) == kind


def test_fifty_names_stand_inside_the_frame_and_hardly_cover_each_other() -> None:
    draw = random.Random(2)  # noqa: S311 - places on a page
    points = [
        Point(f"a-model-of-{number}", 10 ** draw.gauss(0.8, 0.5), 10 ** draw.gauss(1.3, 0.4), "people")
        for number in range(50)
    ]
    figure = scatter.plot(points, "x", "y", list(picker.KINDS))
    figure.savefig(io.BytesIO(), format="png")
    (axes,) = figure.axes
    canvas = figure.canvas
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in axes.texts]  # type: ignore[attr-defined]
    frame = axes.get_window_extent()
    assert len(boxes) == 50
    assert sum(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes) >= 48
    clashes = sum(one.overlaps(other) for number, one in enumerate(boxes) for other in boxes[:number])
    assert clashes <= 3
