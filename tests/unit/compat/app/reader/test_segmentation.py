from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from serving_kit.compat.app.reader import SegPostprocess
from serving_kit.compat.app.reader.segmentation import palette
from serving_kit.errors import BadInput


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(cv2.imencode(".png", np.zeros((30, 40, 3), dtype=np.uint8))[1].tobytes())
    return path


def mask() -> Any:
    found = np.zeros((1, 512, 512, 1), dtype=np.int64)
    found[:, 256:] = 1
    return found


def test_colours_are_those_of_pascal_voc() -> None:
    assert palette(9).tolist()[:5] == [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128]]
    assert palette(9).tolist()[8] == [64, 0, 0]


def test_mask_and_result_stand_beside_the_image(photo: Path) -> None:
    SegPostprocess(2)({"filename": str(photo), "output": mask(), "output.lod": [0, 1]})
    written = cv2.imread(str(photo.with_name("photo_png_mask.png")), cv2.IMREAD_GRAYSCALE)
    assert written.shape == (512, 512)
    assert np.unique(written).tolist() == [0, 1]
    result = cv2.imread(str(photo.with_name("photo_png_result.png")))
    assert result.shape == (30, 40, 3)
    assert (result[0, 0].tolist(), result[29, 39].tolist()) == ([0, 0, 0], [128, 0, 0])


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"filename": None}, "holds no filename"),
        ({"output": np.zeros(4)}, "holds no mask of 512 x 512"),
        ({"output": mask() * 5}, "the mask holds class 5, but there are 2"),
    ],
)
def test_what_is_missing_is_named(photo: Path, changes: dict[str, Any], says: str) -> None:
    given = {"filename": str(photo), "output": mask()} | changes
    with pytest.raises(BadInput, match=says):
        SegPostprocess(2)({key: value for key, value in given.items() if value is not None})
