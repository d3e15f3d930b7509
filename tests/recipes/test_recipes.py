"""Every recipe is copied out of the repository and its README's commands are run there, as a reader would."""

import re
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


@pytest.mark.integration
def test_pipeline_ocr_reads_a_sign_over_both_protocols(tmp_path: Path) -> None:
    printed = run_commands(find_recipes("pipeline-ocr")[0], tmp_path)
    assert "NOTICE\n" in printed
    assert "5 lines\n" in printed
    assert '"text":["NOTICE","DOUBLE","PARKING","PROHIBITED","AT ALL TIMES"]' in printed
    assert (tmp_path / "pipeline-ocr" / "graph.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.integration
def test_ab_rollout_leads_users_from_the_old_model_to_the_new_one(tmp_path: Path) -> None:
    printed = run_commands(find_recipes("ab-rollout")[0], tmp_path)
    calls = re.findall(r"^(old|new|shadow): (\d+) calls, (\d+) failed", printed, re.MULTILINE)
    counts = [(name, int(count)) for name, count, _ in calls]
    (old, shadow), tenth, everybody = counts[:2], dict(counts[2:4]), dict(counts[4:])
    assert (old, shadow[0], calls[1][2]) == (("old", 200), "shadow", "0")
    assert 5 <= tenth["new"] <= 40
    assert tenth["old"] + tenth["new"] == 200
    assert everybody == {"old": tenth["old"], "new": tenth["new"] + 200}
    assert '{"old":0,"new":100}' in printed
