from typing import Any

import numpy as np
import pytest

import zoo
from serving_kit.errors import BadInput
from serving_kit.tasks import Label, Region, Text, TextBox, Word
from zoo import expect

BOX = ((10.0, 10.0), (110.0, 10.0), (110.0, 30.0), (10.0, 30.0))
BOXES = {"boxes": [[10, 10, 110, 30]], "iou": 0.8}
REGIONS = {"regions": [{"label": "title", "box": [0, 0, 10, 10]}]}
WORDS = [[Word("我", "r"), Word("爱", "v")], [Word("他", "r")]]

RIGHT = [
    ("regression", {"values": [1.0, 2.0], "tolerance": 0.1}, np.array([1.05, 1.95])),
    ("classification", {"label": "cat", "score_at_least": 0.5}, [Label("cat", 3, 0.5), Label("dog", 4, 0.1)]),
    ("text-orientation", {"label": "180"}, [Label("180", 1, 0.9)]),
    ("text-recognition", {"text": "价格", "score_at_least": 0.9}, [Text("价格", 0.95)]),
    ("lexical-analysis", {"words": "我/r 爱/v 他/r"}, WORDS),
    ("text-detection", BOXES, [TextBox(BOX, 0.9)]),
    ("layout-detection", REGIONS, [Region("title", 0.9, (0.0, 0.0, 10.0, 9.0))]),
]


@pytest.mark.parametrize(("task", "values", "answer"), RIGHT)
def test_a_right_answer_gives_evidence(task: str, values: dict[str, Any], answer: Any) -> None:
    assert expect.read(task, values).check(answer)


WRONG = [
    ("regression", {"values": [1.0], "tolerance": 0.1}, np.array([1.2]), r"expected \[1.0\] within 0.1, got \[1.2\]"),
    ("regression", {"values": [1.0], "tolerance": 0.1}, np.array([np.nan]), "nan"),
    ("regression", {"values": [1.0], "tolerance": 0.1}, np.array([1.0, 1.0]), "got"),
    ("classification", {"label": "cat"}, [Label("dog", 4, 0.9), Label("cat", 3, 0.1)], "expected 'cat'.*'dog'"),
    ("classification", {"label": "cat", "score_at_least": 0.5}, [Label("cat", 3, 0.4)], "0.5 or more"),
    ("classification", {"label": "cat"}, [], "got None"),
    ("text-recognition", {"text": "价格"}, [Text("价恪", 0.95)], "价恪"),
    ("text-recognition", {"text": "价格"}, [], "got None"),
    ("lexical-analysis", {"words": "我/r 爱/n"}, WORDS[:1], "expected '我/r 爱/n', got '我/r 爱/v'"),
    ("text-detection", BOXES, [], "the best has 0.00"),
    ("text-detection", BOXES, [TextBox(BOX, 0.9), TextBox(BOX, 0.8)], "expected 1 boxes, got 2"),
    ("layout-detection", REGIONS, [Region("text", 0.9, (0.0, 0.0, 10.0, 10.0))], "expected title"),
    ("layout-detection", REGIONS, [Region("title", 0.9, (0.0, 0.0, 10.0, 4.0))], "the best has 0.40"),
]


@pytest.mark.parametrize(("task", "values", "answer", "text"), WRONG)
def test_a_wrong_answer_says_what_was_expected_and_what_came(
    task: str, values: dict[str, Any], answer: Any, text: str
) -> None:
    with pytest.raises(zoo.BadAnswer, match=text):
        expect.read(task, values).check(answer)


def test_a_verdict_names_the_model() -> None:
    card = zoo.load("uci-housing")
    assert str(zoo.verify(card, np.array([18.90115]))).startswith("uci-housing: 18.9012")
    with pytest.raises(zoo.BadAnswer, match=r"^uci-housing: expected \[18.901152\]"):
        zoo.verify(card, np.array([19.0]))


def test_nothing_is_expected_of_untrained_weights() -> None:
    card = zoo.load("uci-housing")
    untrained = card.model_copy(update={"example": card.example.model_copy(update={"expect": None})})
    with pytest.raises(BadInput, match="expects no answer"):
        zoo.verify(untrained, np.array([1.0]))
