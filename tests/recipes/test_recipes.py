"""Every recipe is copied out of the repository and its README's commands are run there, as a reader would."""

from pathlib import Path

import pytest

from tests.recipes.shell import find_recipes, run_commands

RECIPES = find_recipes()


def test_there_are_recipes() -> None:
    assert RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_readme_is_short_and_says_what_was_proved(recipe: Path) -> None:
    text = (recipe / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "**Proved: run.**" in text or "**Proved: validated.**" in text


@pytest.mark.integration
def test_serve_a_model_prints_a_price(tmp_path: Path) -> None:
    assert "18.9012 thousand dollars" in run_commands(find_recipes("serve-a-model")[0], tmp_path)
