"""Run a recipe's commands as a reader would: its folder copied somewhere else, its fenced blocks in one shell."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.fences import read_fences

ROOT = Path(__file__).resolve().parents[2]
BUILT = shutil.ignore_patterns("build", "node_modules")  # what a developer's own runs left
TIMEOUT_S = 240


def find_recipes(pattern: str = "*") -> list[Path]:
    """Return the folders of `recipes/` whose names match, in order."""
    return sorted(path.parent for path in (ROOT / "recipes").glob(f"{pattern}/README.md"))


def run_commands(recipe: Path, parent: Path, **variables: str) -> str:
    """Run every `sh` block of the recipe's README in a copy of it under `parent`; return what was printed."""
    folder = parent / recipe.name
    shutil.copytree(recipe, folder, ignore=BUILT)
    script = parent / "commands.sh"
    script.write_text("\n".join(read_fences(recipe / "README.md", "sh")), encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    log = parent / "commands.log"
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", str(script)],  # noqa: S607 - bash is what a reader types these into
            cwd=folder,
            env={**os.environ, "PATH": path, **variables},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        status = shell.wait(timeout=TIMEOUT_S)
    finally:
        with contextlib.suppress(ProcessLookupError):  # what the commands left running ends with them
            os.killpg(shell.pid, signal.SIGKILL)
    printed = log.read_text(encoding="utf-8")
    assert status == 0, printed
    return printed


def missing_packages(recipe: Path) -> list[str]:
    """Return the Debian packages that the README says to install and that this machine lacks."""
    joined = "\n".join(read_fences(recipe / "README.md", "console")).replace("\\\n", " ")
    wanted = [
        word
        for line in joined.splitlines()
        if line.startswith("$ apt-get install ")
        for word in line.split()[3:]
        if not word.startswith("--")
    ]
    assert wanted, f"{recipe.name}/README.md must say what to `apt-get install`"
    assert shutil.which("dpkg-query"), (
        "the recipes of clients are built with Debian's packages; run this test on Debian 12"
    )
    listed = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev} ${Package}, ${Provides}\n"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    installed = {
        name.split()[0]
        for line in listed.splitlines()
        if line.startswith("ii ")
        for name in line[3:].split(",")
        if name.strip()
    }
    return sorted(set(wanted) - installed)


def absent_lines(shown: list[str], printed: str) -> list[str]:
    """Return the lines a README shows that were not printed, each after the one before it; `…` stands for anything."""
    rest = iter(printed.splitlines())
    absent = []
    for line in shown:
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        if not any(pattern.fullmatch(candidate) for candidate in rest):
            absent.append(line)
    return absent
