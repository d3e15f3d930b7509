import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.shot_detection import Change, changes

FILM = np.arange(70, dtype=np.uint8)[:, None, None, None] + np.zeros((1, 54, 96, 3), np.uint8)


@pytest.fixture
def task(make):
    return make("shot-detection", outputs=("middle", "part"))


def scores(frames, *likely):
    made = np.full(frames, 0.1, np.float32)
    for place, score in likely:
        made[place] = score
    return made


def test_a_film_goes_in_as_windows_that_overlap_by_half(task) -> None:
    windows = task.preprocess(FILM).feeds["x"]
    assert windows.shape == (2, 100, 27, 48, 3) and windows.dtype == np.float32
    numbers = windows[:, :, 0, 0, 0]
    assert (numbers[0, :25] == 0).all() and (numbers[0, 25:95] == np.arange(70)).all()
    np.testing.assert_array_equal(numbers[0, 50:], numbers[1, :50])
    assert (numbers[1, 45:] == 69).all()


@pytest.mark.parametrize(("frames", "windows"), [(1, 1), (50, 1), (51, 2), (100, 2), (101, 3)])
def test_there_are_as_many_windows_as_the_frames_need(task, frames, windows) -> None:
    film = np.zeros((frames, 27, 48, 3), np.uint8)
    assert len(task.preprocess(film).feeds["x"]) == windows


def test_only_the_middle_half_of_each_window_counts(task) -> None:
    windows = np.tile(np.arange(100.0), (2, 1))
    prepared = task.preprocess(FILM)
    middle, part = task.likelihoods({"middle": windows, "part": -windows}, prepared)
    np.testing.assert_array_equal(middle, [*range(25, 75), *range(25, 45)])
    np.testing.assert_array_equal(part, -middle)


def test_a_cut_lies_behind_the_likeliest_frame(task) -> None:
    middle, part = np.zeros((2, 100)), np.zeros((2, 100))
    middle[0, [25 + 30, 25 + 31]] = 0.8, 0.6
    part[0, 25 + 30] = 0.9
    (cut,) = task.postprocess({"middle": middle, "part": part}, task.preprocess(FILM))
    assert cut == Change(30, 31, 0.8) and cut.is_cut
    assert repr(cut) == "Change(cut, 30 to 31, score=0.800)"


def test_a_dissolve_reaches_as_far_as_frames_are_part_of_it() -> None:
    middle = scores(40, (slice(19, 21), 0.7), (20, 0.9))
    (found,) = changes(middle, scores(40, (slice(15, 25), 0.8)), 0.5)
    assert (found.before, found.after, found.is_cut) == (14, 25, False)
    assert repr(found) == "Change(gradual, 14 to 25, score=0.900)"


def test_two_parts_are_still_a_cut_and_parts_without_a_middle_no_change() -> None:
    middle = scores(40, (10, 0.9))
    assert changes(middle, scores(40, (slice(10, 12), 0.9), (slice(20, 30), 0.9)), 0.5) == [
        Change(10, 11, pytest.approx(0.9))
    ]


def test_changes_come_in_their_order_and_a_higher_bar_finds_fewer() -> None:
    middle = scores(40, (5, 0.6), (12, 0.9), (39, 0.7))
    assert [found.before for found in changes(middle, scores(40), 0.5)] == [5, 12, 39]
    assert [found.before for found in changes(middle, scores(40), 0.8)] == [12]


@pytest.mark.parametrize(
    ("sample", "complaint"),
    [
        ("film.mp4", "the sample is a str; give a film's frames"),
        (FILM[0], r"the sample is uint8 \[54, 96, 3\]"),
        (FILM.astype(float), "the sample is float64"),
        (FILM[:0], r"\[0, 54, 96, 3\]; give a film's frames"),
    ],
)
def test_what_is_no_film_is_refused(task, sample, complaint) -> None:
    with pytest.raises(BadInput, match=complaint):
        task.preprocess(sample)


def test_an_answer_that_does_not_fit_is_refused(task) -> None:
    prepared = task.preprocess(FILM)
    with pytest.raises(BadInput, match=r"the answer lacks \['part'\]; it holds \['middle'\]"):
        task.postprocess({"middle": np.zeros((2, 100))}, prepared)
    with pytest.raises(BadInput, match="is of 50 frames, the film has 70"):
        task.postprocess({"middle": np.zeros((1, 100)), "part": np.zeros((1, 100))}, prepared)
