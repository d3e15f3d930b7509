from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.table_structure import laid_out

TAGS = ("<thead>", "<tr>", "</tr>", "<td", ">", "</td>", ' colspan="2"', ' rowspan="2"')
TOKENS = ("", *TAGS, "<td></td>", "")
MERGED = ("<tr>", "<td", ' rowspan="2"', ">", "</td>", "<td", ' colspan="2"', ">", "</td>", "</tr>")
BELOW = ("<tr>", "<td></td>", "<td></td>", "</tr>")


@pytest.fixture
def task(make: Callable[..., Any]) -> Any:
    outputs = ("corners", "tokens")
    files = {"tags.txt": "\n".join(TAGS)}
    return make("table-structure", files=files, labels="tags.txt", outputs=outputs, preprocess={"side_px": 32})


def steps(written: Sequence[str], corners: Sequence[float] = (0, 0, 1, 0, 1, 1, 0, 1)) -> dict[str, Any]:
    """Return what the model gives when it writes these tokens and then ends, each at 0.9."""
    tokens = np.zeros((1, len(written) + 2, len(TOKENS)), "float32")
    for place, tag in enumerate(written):
        tokens[0, place, TOKENS.index(tag)] = 0.9
    tokens[0, len(written) :, -1] = 0.9
    return {"corners": np.tile(np.float32(corners), (1, len(written) + 2, 1)), "tokens": tokens}


def ask(task: Any, outputs: dict[str, Any], size: tuple[int, int] = (40, 80)) -> Any:
    return task.postprocess(outputs, task.preprocess(np.zeros((*size, 3), np.uint8)))


def test_an_image_is_laid_into_the_upper_left_of_a_square(task: Any) -> None:
    planes = task.preprocess(np.full((40, 80, 3), 255, np.uint8)).feeds["x"]
    assert planes.shape == (1, 3, 32, 32)
    assert (planes[0, :, :16] > 1).all()
    assert not planes[0, :, 16:].any()


def test_tokens_become_html_and_corners_pixels(task: Any) -> None:
    table = ask(task, steps(("<thead>", *MERGED, *BELOW), corners=(0, 0, 0.5, 0, 0.5, 0.25, 0, 0.25)))
    assert table.html == (
        '<table><tr><td rowspan="2"></td><td colspan="2"></td></tr><tr><td></td><td></td></tr></table>'
    )
    assert table.size == (2, 3)
    assert table.score == pytest.approx(0.9)
    assert table.cells[0].outline == ((0, 0), (40, 0), (40, 20), (0, 20))
    assert repr(table) == "Table(2 rows, 3 columns, 4 cells, score=0.900)"


def test_cells_stand_where_browsers_put_them() -> None:
    cells = laid_out((*MERGED, *BELOW), np.zeros((4, 8)))
    places = [(cell.row, cell.column, cell.rows, cell.columns) for cell in cells]
    assert places == [(0, 0, 2, 1), (0, 1, 1, 2), (1, 1, 1, 1), (1, 2, 1, 1)]
    assert [repr(cell) for cell in cells[:2]] == ["Cell(0,0, spans 2x1)", "Cell(0,1, spans 1x2)"]
    assert cells[2].caption == "1,1"


def test_texts_are_filled_in_and_escaped(task: Any) -> None:
    table = ask(task, steps(BELOW)).with_texts(["a<b", ""])
    assert table.html == "<table><tr><td>a&lt;b</td><td></td></tr></table>"
    with pytest.raises(BadInput, match="1 texts for 2 cells"):
        table.with_texts(["a"])


def test_a_model_that_writes_nothing_has_found_no_table(task: Any) -> None:
    table = ask(task, steps(()))
    assert (table.html, table.size, table.score) == ("<table></table>", (0, 0), 0.0)


def test_an_answer_of_other_shapes_is_refused(task: Any) -> None:
    outputs = steps(BELOW)
    with pytest.raises(BadInput, match=r"\[1, T, 8\] and \[1, T, 11\] were expected"):
        ask(task, {"corners": outputs["corners"][:, :2], "tokens": outputs["tokens"]})
    with pytest.raises(BadInput, match="the answer has shapes"):
        ask(task, {"tokens": outputs["tokens"]})


def test_a_spec_without_tokens_is_refused(make: Callable[..., Any]) -> None:
    with pytest.raises(BadInput, match="names no labels; name the file of HTML tokens"):
        make("table-structure")
