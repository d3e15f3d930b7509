import pytest

from serving_kit.tasks import Keypoint, Pose
from zoo import expect

POSE = Pose((Keypoint("nose", 100.0, 50.0, 0.9), Keypoint("left_eye", 110.0, 40.0, 0.4)), 0.7)


def test_points_near_enough_are_right():
    expected = expect.read("keypoint-detection", {"points": {"nose": [103, 54]}, "within_px": 5})
    assert expected.check(POSE) == "all 1 points found, the worst 5.0 pixels off (at most 5)"


@pytest.mark.parametrize(
    ("points", "score", "text"),
    [
        ({"nose": [100, 56]}, 0.0, "6 pixels away"),
        ({"nose": [100, 50], "tail": [1, 1]}, 0.0, "expected tail .* got None"),
        ({"left_eye": [110, 40]}, 0.5, "score of 0.5 or more"),
    ],
)
def test_a_point_astray_missing_or_unsure_is_a_bad_answer(points, score, text):
    values = {"points": points, "within_px": 5, "score_at_least": score}
    with pytest.raises(expect.BadAnswer, match=text):
        expect.read("keypoint-detection", values).check(POSE)


def test_a_point_that_is_nowhere_is_a_bad_answer():
    nowhere = Pose((Keypoint("nose", float("nan"), 50.0, 0.9),), 0.7)
    with pytest.raises(expect.BadAnswer, match="nan"):
        expect.read("keypoint-detection", {"points": {"nose": [100, 50]}, "within_px": 5}).check(nowhere)
