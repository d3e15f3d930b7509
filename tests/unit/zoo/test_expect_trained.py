from typing import Any

import numpy as np
import pytest

import zoo
from serving_kit.tasks import Label
from serving_kit.tasks.semantic_segmentation import Segments
from zoo import expect

CLICKS = {"liked": [0, 2], "disliked": [1], "margin": 0.1}
WORDS = {"labels": ["praise", "blame"], "score_at_least": 0.8}
HALF = Segments(np.array([[0, 1], [0, 1]], np.uint8), ("ground", "cat"))
PIXELS = {"points": [{"label": "cat", "at": [1, 0]}], "shares": {"ground": 0.45, "cat": 0.55}, "tolerance": 0.06}


@pytest.mark.parametrize(
    ("task", "values", "answer", "evidence"),
    [
        ("click-prediction", CLICKS, np.array([0.9, 0.4, 0.6]), "liked from 0.600, disliked up to 0.400"),
        ("sentiment", WORDS, [Label("praise", 1, 0.9), Label("blame", 0, 0.8)], "praise, blame at 0.800 or more"),
        ("digit-recognition", {"labels": ["7"]}, [Label("7", 7, 0.5)], "7 at 0.500"),
        ("semantic-segmentation", PIXELS, HALF, "all 1 points right, shares off by 0.0500"),
    ],
)
def test_a_right_answer_gives_evidence(task: str, values: dict[str, Any], answer: Any, evidence: str) -> None:
    assert evidence in expect.read(task, values).check(answer)


@pytest.mark.parametrize(
    ("task", "values", "answer", "text"),
    [
        ("click-prediction", CLICKS, np.array([0.9, 0.55, 0.6]), r"expected \(0, 2\) above \(1,\) by 0.1"),
        ("click-prediction", CLICKS, np.array([0.9, np.nan, 0.6]), "nan"),
        ("click-prediction", CLICKS, np.array([0.9, 0.4]), "expected 3 scores"),
        ("sentiment", WORDS, [Label("praise", 1, 0.9), Label("praise", 1, 0.9)], "expected .*'blame'"),
        ("sentiment", WORDS, [Label("praise", 1, 0.9), Label("blame", 0, 0.7)], "at 0.8 or more"),
        ("sentiment", WORDS, [], r"got \[\]"),
        (
            "semantic-segmentation",
            {**PIXELS, "points": [{"label": "cat", "at": [0, 1]}]},
            HALF,
            r"expected cat at \(0, 1\), got ground",
        ),
        ("semantic-segmentation", {**PIXELS, "tolerance": 0.01}, HALF, "of the picture, got Segments"),
    ],
)
def test_a_wrong_answer_says_what_was_expected_and_what_came(
    task: str, values: dict[str, Any], answer: Any, text: str
) -> None:
    with pytest.raises(zoo.BadAnswer, match=text):
        expect.read(task, values).check(answer)
