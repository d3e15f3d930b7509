import numpy as np
import pytest

from serving_kit.tasks import Mask, Region
from zoo import expect

SCORES = np.zeros((4, 10), np.float32)
SCORES[:, :5] = 0.9
HALF = Mask(SCORES, 0.5)


def foreground(**changes):
    values = {"inside": [[0, 0], [4, 3]], "outside": [[9, 0]], "share": 0.48, "tolerance": 0.05} | changes
    return expect.read("segmentation", values)


def test_a_mask_is_told_by_pixels_and_its_share():
    assert foreground().check(HALF) == "all 3 pixels right, 50.0% inside (expected 48.0% +- 5.0%)"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"inside": [[5, 0]]}, r"expected pixel \(5, 0\) inside, but its score is 0.00"),
        ({"outside": [[4, 3]]}, r"expected pixel \(4, 3\) outside, but its score is 0.90"),
        ({"share": 0.4}, "expected a share of 40.0% within 5.0%, got Mask"),
    ],
)
def test_a_mask_that_is_elsewhere_is_a_bad_answer(changes, complaint):
    with pytest.raises(expect.BadAnswer, match=complaint):
        foreground(**changes).check(HALF)


def test_objects_are_matched_by_label_and_box():
    expected = expect.read("object-detection", {"regions": [{"label": "cup", "box": [0, 0, 10, 10]}], "iou": 0.8})
    assert "all 1 boxes found" in expected.check([Region("cup", 0.9, (0.0, 0.0, 10.0, 9.0))])
    with pytest.raises(expect.BadAnswer, match="expected cup"):
        expected.check([Region("cat", 0.9, (0.0, 0.0, 10.0, 10.0))])
