"""The Makefile: every target says what it does, and its commands exist."""

import os
import re
import subprocess
from importlib.util import find_spec

from notebooks.house.shelf import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
PUBLIC = ["help", "run", "test", "check", "notebooks", "lab", "new-model", "sync", "clean", "lock", "protos"]


def test_help_names_every_target_that_people_type() -> None:
    outside = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    shown = subprocess.run(["make"], cwd=ROOT, env=outside, capture_output=True, text=True, check=True).stdout  # noqa: S607
    assert [line.split()[1] for line in shown.splitlines()] == PUBLIC
    assert all(len(line.split()) > 3 for line in shown.splitlines())


def test_every_target_is_phony() -> None:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    assert sorted(phony.split()) == sorted(targets)


def test_every_module_it_runs_exists() -> None:
    modules = re.findall(r"-m (notebooks[\w.]*)", MAKEFILE)
    assert modules
    assert [module for module in modules if find_spec(module) is None] == []


def test_ci_runs_make_test() -> None:
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line and line[0] != "#"]
    assert commands[-1] == "exec make test"
