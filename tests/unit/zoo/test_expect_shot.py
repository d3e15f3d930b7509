import pytest

from serving_kit.tasks.shot_detection import Change
from zoo import expect

CUT, DISSOLVE = Change(13, 14, 0.9), Change(36, 44, 0.8)


def expected(**changes):
    return expect.read("shot-detection", {"changes": [[13, 14], [35, 44]], "tolerance_frames": 2} | changes)


def test_cuts_are_met_exactly_and_dissolves_nearly():
    assert expected().check([CUT, DISSOLVE]) == "1 cuts at the right frames; 1 gradual, at most 1 frames off"
    assert expected(changes=[[13, 14]]).check([CUT]) == "1 cuts at the right frames"


@pytest.mark.parametrize(
    "answer",
    [
        [CUT],
        [CUT, DISSOLVE, Change(47, 48, 0.6)],
        [Change(14, 15, 0.9), DISSOLVE],
        [CUT, Change(38, 44, 0.8)],
        [Change(12, 15, 0.9), DISSOLVE],
        [],
    ],
)
def test_a_change_elsewhere_too_many_or_too_few_is_a_bad_answer(answer):
    with pytest.raises(expect.BadAnswer, match=r"expected \[\[13, 14\], \[35, 44\]\], gradual ones within 2, got"):
        expected().check(answer)


def test_a_film_of_one_shot_has_no_changes():
    assert expected(changes=[]).check([]) == "0 cuts at the right frames"
    with pytest.raises(expect.BadAnswer):
        expected(changes=[]).check([CUT])
