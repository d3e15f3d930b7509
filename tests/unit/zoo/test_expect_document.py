"""What cards expect of tables and of speech."""

import pytest

from serving_kit.tasks.table_structure import Cell, Table
from serving_kit.tasks.voice_activity import Speech
from zoo import expect

CORNERS = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
TABLE = Table((Cell(0, 0, 1, 1, CORNERS, "read"),), 0.9)
ONE_CELL = {"html": "<table><tr><td></td></tr></table>", "cells": [[0, 0, 10, 8]]}
SPOKEN = {"stretches": [[1.0, 2.0], [3.0, 4.0]], "tolerance_s": 0.2}


def test_a_table_is_right_in_structure_and_place_whatever_was_read() -> None:
    evidence = expect.read("table-structure", ONE_CELL).check(TABLE)
    assert evidence == "1 rows and 1 columns, every tag right; all 1 boxes found, the worst with IoU 0.80 " + (
        "(expected at least 0.5)"
    )


def test_a_table_of_other_tags_or_places_is_wrong() -> None:
    with pytest.raises(expect.BadAnswer, match="expected '<table><tr><td></td><td></td></tr></table>', got"):
        expect.read("table-structure", {"html": "<table><tr><td></td><td></td></tr></table>"}).check(TABLE)
    with pytest.raises(expect.BadAnswer, match=r"the best has 0\.20"):
        expect.read("table-structure", {**ONE_CELL, "cells": [[0, 0, 10, 2]]}).check(TABLE)


def test_speech_is_right_within_its_tolerance() -> None:
    heard = [Speech(1.1, 2.0, 0.9), Speech(2.9, 4.15, 0.9)]
    evidence = expect.read("voice-activity", SPOKEN).check(heard)
    assert evidence == "2 stretches, at most 0.15 s off (expected 0.2 s)"


@pytest.mark.parametrize(
    "heard",
    [[Speech(1.0, 2.0, 0.9)], [Speech(1.0, 2.0, 0.9), Speech(3.3, 4.0, 0.9)], [Speech(1.0, 4.0, 0.9)], []],
)
def test_speech_elsewhere_is_wrong(heard: list[Speech]) -> None:
    with pytest.raises(expect.BadAnswer, match=r"expected \[\[1\.0, 2\.0\], \[3\.0, 4\.0\]\] within 0\.2 s, got"):
        expect.read("voice-activity", SPOKEN).check(heard)
