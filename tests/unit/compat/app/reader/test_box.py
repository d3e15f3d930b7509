import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from serving_kit.compat.app.reader import BlazeFacePostprocess, RCNNPostprocess
from serving_kit.errors import BadInput, NotFound

ROWS = np.array([[1, 0.9, 10, 20, 29, 39], [0, 0.2, 0, 0, 9, 9]], dtype=np.float32)


@pytest.fixture
def labels(tmp_path: Path) -> str:
    (tmp_path / "label_list.txt").write_text("cat\ndog\n", encoding="utf-8")
    return str(tmp_path / "label_list.txt")


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    path.write_bytes(cv2.imencode(".png", np.full((50, 100, 3), 255, dtype=np.uint8))[1].tobytes())
    return str(path)


def answer(rows: Any, **more: Any) -> dict[str, Any]:
    return {"save_infer_model/scale_0.tmp_1": rows, "save_infer_model/scale_0.tmp_1.lod": [0, len(rows)], **more}


def test_rows_become_boxes_with_a_pixel_more_than_the_difference(labels: str, tmp_path: Path) -> None:
    boxes = RCNNPostprocess(labels, str(tmp_path / "out"))(answer(ROWS, image="nowhere.jpg"), visualize=False)
    assert [box["category_id"] for box in boxes] == [1, 0]
    assert [box["bbox"] for box in boxes] == [[10, 20, 20, 20], [0, 0, 10, 10]]
    assert boxes[0]["score"] == pytest.approx(0.9)
    assert not (tmp_path / "out").exists()


def test_boxes_are_written_and_the_sure_ones_drawn(labels: str, photo: str, tmp_path: Path) -> None:
    boxes = RCNNPostprocess(labels, str(tmp_path / "out"))(answer(ROWS, image=photo))
    assert json.loads((tmp_path / "out" / "bbox.json").read_text(encoding="utf-8")) == boxes
    drawn = cv2.imread(str(tmp_path / "out" / "photo.png"))
    assert drawn.shape == (50, 100, 3)
    assert (drawn[30, 10] < 255).any(), "the left side of the first box"
    assert (drawn[5, 0] == 255).all(), "the second box is not drawn: its score is too low"


def test_boxes_of_another_size_are_drawn_where_they_belong(labels: str, photo: str, tmp_path: Path) -> None:
    row = np.array([[1, 0.9, 600, 100, 799, 379]], dtype=np.float32)
    RCNNPostprocess(labels, str(tmp_path / "out"), [1000, 500])(answer(row, image=photo))
    drawn = cv2.imread(str(tmp_path / "out" / "photo.png"))
    assert (drawn[38, 70] < 255).any(), "the lower side, at a tenth of where the model saw it"


@pytest.mark.parametrize("rows", [np.zeros((1, 1), np.float32), np.zeros((0, 6), np.float32)])
def test_nothing_found_is_an_empty_list(labels: str, rows: Any, tmp_path: Path) -> None:
    assert RCNNPostprocess(labels, str(tmp_path / "out"))(answer(rows), visualize=False) == []


def test_faces_are_fractions_of_the_image(labels: str, tmp_path: Path) -> None:
    row = np.array([[0, 0.9, -0.5, 0.25, 0.5, 2.0]], dtype=np.float32)
    post = BlazeFacePostprocess(labels, str(tmp_path / "out"))
    (box,) = post(answer(row, im_shape=np.array([100, 200])), visualize=False)
    assert box["bbox"] == [0, 25, 100, 75]
    with pytest.raises(BadInput, match="holds no im_shape"):
        post(answer(row), visualize=False)


def test_what_does_not_fit_is_named(labels: str, tmp_path: Path) -> None:
    post = RCNNPostprocess(labels, str(tmp_path / "out"))
    with pytest.raises(BadInput, match=r"answers class 7, but .*label_list\.txt has 2 lines"):
        post(answer(np.array([[7, 0.9, 0, 0, 1, 1]], dtype=np.float32)), visualize=False)
    with pytest.raises(BadInput, match="holds no boxes"):
        post({"image": "x.jpg"}, visualize=False)
    with pytest.raises(NotFound, match="no label file nowhere"):
        RCNNPostprocess("nowhere", "out")
