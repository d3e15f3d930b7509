from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Label
from serving_kit.tasks.document_orientation import ANGLES, turned_back

PAGE = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


@pytest.mark.parametrize("turns", range(4))
def test_a_page_that_was_turned_is_turned_back(turns: int) -> None:
    clockwise = np.rot90(PAGE, -turns)
    np.testing.assert_array_equal(turned_back(clockwise, Label(ANGLES[turns], turns, 1.0)), PAGE)


def test_no_other_angle_is_taken() -> None:
    with pytest.raises(BadInput, match="'45' is no angle of a page; give one of 0, 90, 180, 270"):
        turned_back(PAGE, Label("45", 0, 1.0))


def test_all_four_angles_are_answered_the_likeliest_first(make: Callable[..., Any]) -> None:
    task = make("document-orientation", preprocess={"shortest_px": 8, "crop_px": 4})
    prepared = task.preprocess(np.zeros((20, 10, 3), np.uint8))
    assert prepared.feeds["x"].shape == (1, 3, 4, 4)
    answer = task.postprocess({"y": np.array([[0.1, 0.2, 0.6, 0.05]], "float32")}, prepared)
    assert [label.label for label in answer] == ["180", "90", "0", "270"]


def test_more_than_there_is_cannot_be_kept(make: Callable[..., Any]) -> None:
    with pytest.raises(BadInput, match=r"crop_px 9 exceeds preprocess\.shortest_px 8"):
        make("document-orientation", preprocess={"shortest_px": 8, "crop_px": 9})
