from typing import Any

import pytest

from serving_kit.tasks import Face, Label
from serving_kit.tasks.face_attributes import Attributes
from serving_kit.tasks.face_embedding import Embedding
from serving_kit.tasks.face_landmarks import FaceMesh
from zoo import expect

FACES = {"boxes": [[0, 0, 10, 10]], "iou": 0.7}
MESH = FaceMesh(0.9, tuple((float(number), 0.0, 0.0) for number in range(468)))
PLACES = {"places": {"nose": [5, 0], "chin": [152, 0]}, "within_px": 2}
LIKENESS = {"alike": [[0, 1]], "at_least": 0.7, "others_at_most": 0.5}
FEMALE = Label("female", 0, 0.8)
SAME, NEAR, OTHER = Embedding((1.0, 0.0)), Embedding((0.8, 0.6)), Embedding((0.0, 1.0))

RIGHT = [
    ("face-detection", FACES, [Face(0.9, (0.0, 0.0, 10.0, 9.0))]),
    ("face-landmarks", PLACES, MESH),
    ("face-attributes", {"age_years": [30, 40], "label": "female"}, Attributes(35.0, 8.0, label=FEMALE)),
    ("face-attributes", {"age_years": [30, 40]}, Attributes(30.0)),
    ("face-embedding", {**LIKENESS, "others_at_most": 0.7}, [SAME, NEAR, OTHER]),
    ("face-expression", {"label": "happy"}, [Label("happy", 3, 0.9)]),
    ("speaker-embedding", {**LIKENESS, "others_at_most": 0.7}, [SAME, NEAR, OTHER]),
]


@pytest.mark.parametrize(("task", "values", "answer"), RIGHT)
def test_a_right_answer_gives_evidence(task: str, values: dict[str, Any], answer: Any) -> None:
    assert expect.read(task, values).check(answer)


WRONG = [
    ("face-detection", FACES, [], "the best has 0.00"),
    ("face-detection", FACES, [Face(0.9, (0.0, 0.0, 10.0, 10.0))] * 2, "expected 1 boxes, got 2"),
    ("face-landmarks", {**PLACES, "within_px": 0.5}, MESH, r"expected nose within 0.5 px of \(5.0, 0.0\), got \(4.0"),
    ("face-landmarks", PLACES, FaceMesh(0.1, MESH.places), "expected a face at 0.5 or more"),
    ("face-attributes", {"age_years": [30, 40]}, Attributes(41.0), "expected 30 to 40 years, got"),
    ("face-attributes", {"age_years": [30, 40]}, Attributes(), "expected 30 to 40 years"),
    ("face-attributes", {"age_years": [30, 40], "label": "male"}, Attributes(35.0, label=FEMALE), "and 'male', got"),
    ("face-embedding", LIKENESS, [SAME, NEAR, OTHER], r"others at 0\.5 or less, got .*\(1, 2\): 0\.6"),
    ("face-embedding", LIKENESS, [SAME, OTHER], r"\(0, 1\)\] at 0\.7 or more"),
    ("face-embedding", LIKENESS, [SAME], "at 0.7 or more"),
    ("face-expression", {"label": "happy"}, [Label("sad", 4, 0.9)], "expected 'happy'"),
]


@pytest.mark.parametrize(("task", "values", "answer", "text"), WRONG)
def test_a_wrong_answer_says_what_was_expected(task: str, values: dict[str, Any], answer: Any, text: str) -> None:
    with pytest.raises(expect.BadAnswer, match=text):
        expect.read(task, values).check(answer)
