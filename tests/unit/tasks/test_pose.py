import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Keypoint, Pose, draw_poses
from serving_kit.tasks.pose import LAYOUTS


def pose(**scores):
    """Return a pose whose points stand 10 pixels apart on a diagonal; those that are not named score 0."""
    names = LAYOUTS["coco"].points
    return Pose(tuple(Keypoint(n, 10.0 * i, 10.0 * i, scores.get(n, 0.0)) for i, n in enumerate(names)), 0.5)


def test_a_bone_needs_both_ends():
    assert pose(left_hip=0.9, left_knee=0.2).bones(0.3) == []
    ((hip, knee),) = pose(left_hip=0.9, left_knee=0.4).bones(0.3)
    assert (hip.name, knee.name) == ("left_hip", "left_knee")


def test_a_box_goes_around_what_is_seen():
    seen = pose(nose=0.9, right_eye=0.9)
    assert seen.box(0.5) == (0, 0, 20, 20)
    assert seen.box(0.5, margin=0.5) == (-10, -10, 30, 30)
    with pytest.raises(BadInput, match=r"scores 0\.95 or more"):
        seen.box(0.95)


def test_the_next_look_is_a_square_around_the_box():
    names = dict.fromkeys(LAYOUTS["coco"].points, 0.0)
    places = {"nose": (10.0, 100.0), "left_ankle": (30.0, 200.0)}
    points = [Keypoint(name, *places.get(name, (0.0, 0.0)), 0.9 if name in places else 0.0) for name in names]
    assert Pose(tuple(points), 0.5).square(0.3, margin=0.0) == (-30, 100, 100)
    assert Pose(tuple(points), 0.5).square(0.3, margin=0.5) == (-80, 50, 200)


def test_an_unknown_point_is_told_with_those_there_are():
    with pytest.raises(BadInput, match=r"no point 'tail'; use one of .*left_knee"):
        pose().place("tail")


def test_what_is_seen_is_drawn_onto_a_copy():
    image = np.zeros((200, 200, 3), np.uint8)
    drawn = draw_poses(image, [pose(left_hip=0.9, left_knee=0.9, nose=0.1)], least_score=0.3)
    assert not image.any()
    assert drawn[120, 120].tolist() == [0, 0x67, 0xA5]  # between hip (110) and knee (130), blue: the left side
    assert not drawn[:50, :50].any()


def test_values_say_what_they_are():
    one = pose(nose=1.0)
    assert repr(one) == "Pose(17 points, score=0.500)"
    assert repr(one.place("nose")) == "Keypoint('nose', (0,0), score=1.000)"
    assert one.as_dict()["keypoints"][0]["name"] == "nose"
