"""`make new-model`: a card that loads and a notebook that is stamped, or one sentence."""

import shutil
from pathlib import Path

import pytest

import zoo
from notebooks.house import frame, new_model, rules, shelf
from serving_kit.errors import BadInput
from zoo.loader import CARDS


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    folder = tmp_path / "cards"
    folder.mkdir()
    shutil.copy(CARDS / "uci-housing.yaml", folder)
    return folder


def test_a_new_model_loads_at_once_and_says_what_is_left_to_write(cards: Path, tmp_path: Path) -> None:
    made = new_model.begin("my-model-2", "regression", cards, tmp_path)
    assert made == [cards / "my-model-2.yaml", tmp_path / "regression" / "my-model-2.ipynb"]
    card = zoo.load("my-model-2", cards)
    assert (card.title, card.task) == (rules.PLACEHOLDER, "regression")
    notebook = shelf.read(made[1])
    assert frame.drift(notebook, card) == []
    unfinished = list(rules.finished(rules.Page(made[1], notebook, card)))
    assert "cell frame-title still says CHANGE ME" in unfinished
    assert "cell own-lesson still says CHANGE ME" in unfinished


@pytest.mark.parametrize(
    ("slug", "task", "reason"),
    [
        ("My_Model", "regression", "'My_Model' is no name for a model; use lower-case letters"),
        ("../x", "regression", "no name for a model"),
        ("", "regression", "no name for a model"),
        ("uci-housing", "regression", "there is a card 'uci-housing' already"),
        ("mine", "poetry", "no card has the task 'poetry'; there are regression"),
    ],
)
def test_a_wish_that_cannot_be_granted_leaves_nothing(
    slug: str, task: str, reason: str, cards: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=reason):
        new_model.begin(slug, task, cards, tmp_path / "notebooks")
    assert zoo.names(cards) == ["uci-housing"]
    assert not (tmp_path / "notebooks").exists()
