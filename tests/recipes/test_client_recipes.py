"""The recipes of clients in other languages are built with Debian's packages and ask one real server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving_kit.process import Server, start
from tests.fences import read_fences
from tests.recipes.shell import ROOT, absent_lines, find_recipes, missing_packages, run_commands

RECIPES = find_recipes("client-*")
README_PORT = "9393"  # as every README says


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("model") / "uci-housing"
    subprocess.run(
        [sys.executable, "-m", "zoo", "convert", "uci-housing", str(folder)], cwd=ROOT, check=True, timeout=240
    )
    with start(folder) as running:
        yield running


def test_there_is_a_recipe_for_each_language() -> None:
    assert {recipe.name for recipe in RECIPES} == {
        "client-cpp",
        "client-curl",
        "client-go",
        "client-java",
        "client-javascript",
    }


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_messages_are_the_servers_own(recipe: Path) -> None:
    copies = sorted((recipe / "proto").iterdir())
    assert copies
    for copy in copies:
        assert copy.read_bytes() == (ROOT / "serving_kit" / "codecs" / copy.name).read_bytes(), (
            f"copy {copy.name} again"
        )


def test_lock_names_no_registry() -> None:
    lock = (ROOT / "recipes" / "client-javascript" / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
    assert ".tgz" not in lock


@pytest.mark.integration
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_commands_print_what_the_readme_shows(recipe: Path, server: Server, tmp_path: Path) -> None:
    missing = missing_packages(recipe)
    assert not missing, f"{recipe.name} needs: apt-get install --no-install-recommends {' '.join(missing)}"
    printed = run_commands(recipe, tmp_path, PORT=str(server.port))
    shown = "".join(read_fences(recipe / "README.md", "text")).replace(README_PORT, str(server.port)).splitlines()
    assert shown
    assert not absent_lines(shown, printed), printed
