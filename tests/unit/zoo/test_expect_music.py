"""What cards expect of music."""

import pytest

from serving_kit.tasks.music_transcription import Note
from zoo import expect

PLAYED = {"notes": [[60, 1.0], [64, 1.0], [60, 2.0]], "tolerance_s": 0.05}
RIGHT = [Note(60, 1.01, 1.5, 0.9), Note(64, 0.96, 1.5, 0.9), Note(60, 2.0, 2.5, 0.9)]


def test_notes_are_right_within_their_tolerance_whatever_their_order() -> None:
    evidence = "3 notes, at most 0.040 s off (expected 0.05 s)"
    assert expect.read("music-transcription", PLAYED).check(RIGHT) == evidence
    assert expect.read("music-transcription", PLAYED).check(RIGHT[::-1]) == evidence


@pytest.mark.parametrize(
    "heard",
    [
        [],
        RIGHT[:2],
        [*RIGHT, Note(72, 1.0, 1.5, 0.3)],
        [RIGHT[0], Note(76, 1.0, 1.5, 0.9), RIGHT[2]],
        [*RIGHT[:2], Note(60, 2.06, 2.5, 0.9)],
    ],
)
def test_other_notes_are_wrong(heard: list[Note]) -> None:
    with pytest.raises(expect.BadAnswer, match=r"expected 3 notes, \[\(60, 1\.0\), .*\], within 0\.05 s, got \d, \["):
        expect.read("music-transcription", PLAYED).check(heard)
