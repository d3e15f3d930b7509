from typing import Any

import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.spec import Port, Spec
from serving_kit.tasks import load
from serving_kit.tasks.music_transcription import LOWEST, After, Note, notes

FRAME_S = 0.1
SHORT = {"rate_hz": 20, "window": 20, "frame": 2, "margin": 3}  # 4 frames of a window are kept, 8 samples
KEYS = 3


def make(**preprocess: int) -> Any:
    ports = [Port(name=alias, alias=alias, dtype="float32", shape=(-1, 11, KEYS)) for alias in ("onset", "note")]
    windows = Port(name="windows", alias="windows", dtype="float32", shape=(-1, 20, 1))
    values = {**SHORT, **preprocess}
    return load(Spec(name="m", task="music-transcription", inputs=(windows,), outputs=tuple(ports), preprocess=values))


def sound(length: int) -> np.ndarray[Any, Any]:
    return np.arange(1, length + 1, dtype=np.float32)


def listener(feeds: dict[str, Any]) -> dict[str, Any]:
    """Stand in for the model: a frame's answer is the sample that it stands at, for every key; the last is behind."""
    heard = np.pad(feeds["windows"][:, ::2], ((0, 0), (0, 1), (0, 0)))
    return {"onset": heard.repeat(KEYS, axis=2), "note": heard.repeat(KEYS, axis=2)}


@pytest.mark.parametrize(("length", "windows"), [(1, 1), (7, 1), (8, 2), (15, 2), (16, 3)])
def test_joined_windows_answer_each_frame_once(length: int, windows: int) -> None:
    task = make()
    prepared = task.preprocess(sound(length))
    assert prepared.feeds["windows"].shape == (windows, 20, 1)
    heard = task.joined(listener(prepared.feeds), "onset", prepared)
    expected = [frame * 2 + 1 if frame * 2 < length else 0 for frame in range(length // 2 + 1)]
    np.testing.assert_array_equal(heard, np.repeat(np.array(expected)[:, None], KEYS, axis=1))


def test_both_sides_of_a_frame_are_heard() -> None:
    windows = make().preprocess(sound(16)).feeds["windows"][..., 0]
    np.testing.assert_array_equal(windows[0], [*[0] * 6, *range(1, 15)])
    np.testing.assert_array_equal(windows[1], [*range(3, 17), *[0] * 6])


def test_the_answer_is_in_seconds_and_names_notes() -> None:
    task = make()
    prepared = task.preprocess(sound(60))
    windows = len(prepared.feeds["windows"])
    outputs = {alias: np.zeros((windows, 11, KEYS), "float32") for alias in ("onset", "note")}
    outputs["onset"][1, 3, 2] = 0.9  # the first frame that is kept of the second window, which is the fifth of all
    outputs["note"][1:5, :, 2] = 0.75
    (found,) = task.postprocess(outputs, prepared)
    assert (found.pitch, found.start_s, found.end_s, found.score) == (LOWEST + 2, 0.4, 2.0, 0.75)
    assert repr(found) == "Note(B0, 0.40 to 2.00 s, score=0.750)"


@pytest.mark.parametrize(("pitch", "name"), [(21, "A0"), (60, "C4"), (61, "C#4"), (69, "A4"), (108, "C8")])
def test_names(pitch: int, name: str) -> None:
    assert Note(pitch, 0, 1, 1).name == name


AFTER = After(bridged=2, shortest=3)


def one_key(onset: list[float], note: list[float]) -> list[tuple[int, int]]:
    found = notes(np.array([onset]).T, np.array([note]).T, FRAME_S, AFTER)
    return [(round(each.start_s / FRAME_S), round(each.end_s / FRAME_S)) for each in found]


@pytest.mark.parametrize(
    ("onset", "note", "found"),
    [
        ([0, 1, 0, 0, 0, 0], [0, 1, 1, 1, 0, 0], [(1, 4)]),
        ([1, 0, 0, 0], [1, 1, 1, 1], [(0, 4)]),  # at once, and to the end
        ([0, 0.4, 0, 0, 0, 0], [0, 1, 1, 1, 0, 0], []),  # nothing begins
        ([0, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0], []),  # too short
        ([0, 1, 0, 0, 0, 0], [0] * 6, []),  # nothing sounds
        ([0.6, 0.8, 0.8, 0.7, 0, 0], [1] * 6, [(1, 6)]),  # one peak, however broad
        ([1, 0, 0, 1, 0, 0], [1] * 6, [(0, 3), (3, 6)]),  # struck again
        ([1, 0, 0, 0, 0, 0], [1, 0, 0, 1, 1, 0], [(0, 5)]),  # two low frames are bridged
        ([1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0, 1], [(0, 3)]),  # three are not
        ([1, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0], [(0, 5)]),  # it sounds a little later than it begins
        ([1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 1], []),  # too late to be that
    ],
)
def test_notes(onset: list[float], note: list[float], found: list[tuple[int, int]]) -> None:
    assert one_key(onset, note) == found


def test_notes_that_begin_together_come_lowest_first() -> None:
    onset = np.zeros((6, 3))
    onset[[2, 0, 0], [0, 1, 2]] = 1
    assert [note.pitch - LOWEST for note in notes(onset, np.ones((6, 3)), FRAME_S, AFTER)] == [1, 2, 0]


def test_an_answer_needs_its_outputs() -> None:
    task = make()
    prepared = task.preprocess(sound(8))
    with pytest.raises(BadInput, match=r"the answer lacks output 'onset'; it holds \['note'\]"):
        task.postprocess({"note": np.zeros((2, 11, 3))}, prepared)
    with pytest.raises(BadInput, match=r"'onset' has shape \[2, 6, 3\]; this task reads"):
        task.joined({"onset": np.zeros((2, 6, 3))}, "onset", prepared)


def test_a_window_is_more_than_its_margin() -> None:
    with pytest.raises(BadInput, match=r"a window of 20 samples is all margin; make preprocess\.margin smaller"):
        make(margin=5)


@pytest.mark.parametrize("sample", [[0.0], np.zeros((2, 2), "float32"), np.zeros(4), np.zeros(0, "float32")])
def test_a_sample_is_a_sound(sample: object) -> None:
    with pytest.raises(BadInput, match="give a sound as float32"):
        make().preprocess(sample)
