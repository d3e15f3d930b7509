"""Every recipe is copied out of the repository and its README's commands are run there, as a reader would."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fences import read_fences

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted(path.parent for path in (ROOT / "recipes").glob("*/README.md"))


def test_there_are_recipes() -> None:
    assert RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_readme_is_short_and_says_what_was_proved(recipe: Path) -> None:
    text = (recipe / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60
    assert "**Proved: run.**" in text or "**Proved: validated.**" in text


@pytest.mark.integration
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_commands_run_in_a_copied_folder(recipe: Path, tmp_path: Path) -> None:
    folder = tmp_path / recipe.name
    shutil.copytree(recipe, folder)
    script = folder / "commands.sh"
    script.write_text("\n".join(read_fences(recipe / "README.md", "sh")), encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    log = folder / "commands.log"
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", script.name],  # noqa: S607 - bash is what a reader types these into
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        status = shell.wait(timeout=240)
    finally:
        with contextlib.suppress(ProcessLookupError):  # what the commands left running ends with them
            os.killpg(shell.pid, signal.SIGKILL)
    assert status == 0, log.read_text()
    assert "18.9012 thousand dollars" in log.read_text()
