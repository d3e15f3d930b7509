from pathlib import Path

import pytest

import zoo
from serving_kit.errors import Internal
from serving_kit.spec import Provenance
from tests.unit.zoo.conftest import Cards
from tests.unit.zoo.test_source import forget_modules, module  # noqa: F401 - a fixture that works by itself

TRAINER = """
from pathlib import Path
NEEDS = (Path(__file__).with_name("part.txt"),)
def train(destination, seed):
    destination.mkdir()
    (destination / "model").write_text(f"weights {seed}")
    (destination.parent / "history.json").write_text("{}")
    return 0.9
"""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    module(monkeypatch, tmp_path, "trainer.line", TRAINER)
    (tmp_path / "trainer/part.txt").write_text("1")
    return {"kind": "train", "trainer": "line", "seed": 3, "score": 0.91, "tolerance": 0.02}


def test_a_model_is_trained_once_and_its_history_lies_beside_it(cards: Cards, plan: dict[str, object]) -> None:
    cards.write("tiny", sources=[plan])
    card = zoo.load("tiny", cards.folder)
    files = zoo.fetch(card)
    assert files.provenance is Provenance.TRAINED and files.source == "trained here by zoo/trainer/line.py"
    assert (files.model / "model").read_text() == "weights 3"
    assert [path.name for path in files.extras] == ["history.json"]
    (files.model / "model").write_text("touched")
    assert (zoo.fetch(card).model / "model").read_text() == "touched"


def test_a_score_that_is_not_reached_again_leaves_nothing(
    cards: Cards, plan: dict[str, object], own_cache: Path
) -> None:
    cards.write("tiny", sources=[{**plan, "score": 0.95}])
    with pytest.raises(Internal, match=r"reached a held-out score of 0.9, the card says 0.95 within 0.02"):
        zoo.fetch(zoo.load("tiny", cards.folder))
    assert not [path for path in (own_cache / "files").iterdir() if path.is_dir()]


@pytest.mark.parametrize("changed", ["line.py", "part.txt"])
def test_changed_code_trains_again(cards: Cards, plan: dict[str, object], tmp_path: Path, changed: str) -> None:
    cards.write("tiny", sources=[plan])
    card = zoo.load("tiny", cards.folder)
    before = zoo.fetch(card)
    with (tmp_path / "trainer" / changed).open("a") as file:
        file.write("\n# changed\n")
    assert zoo.fetch(card).key != before.key
