"""The zoo is whole: every card has its notebook, every notebook is run, nothing is skipped, every model is real."""

import ast
from pathlib import Path

import zoo
from notebooks.house import index, rules, shelf

LEAST_NOTEBOOKS = 46
REAL = {"registry", "trained"}
SKIPPERS = {"skip", "skipif", "xfail", "importorskip", "skipTest"}


def _files(pattern: str) -> list[Path]:
    """Return the project's own files of a pattern, without what was installed or built."""
    folders = [path for path in shelf.ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "build"]
    found = [path for folder in folders for path in folder.rglob(pattern)]
    return [path for path in found if not {"build", ".ipynb_checkpoints"} & {*path.parts[len(shelf.ROOT.parts) :]}]


def test_every_card_has_a_notebook_and_every_notebook_of_a_model_a_card() -> None:
    cards = {(zoo.load(name).task, name) for name in zoo.names()}
    assert {(path.parent.name, path.stem) for path in shelf.model_notebooks()} == cards


def test_all_is_every_notebook_of_the_project() -> None:
    written = set(_files("*.ipynb")) - {shelf.NOTEBOOKS / "house" / "template.ipynb"}
    assert set(shelf.chosen(["all"])) == written


def test_there_are_as_many_as_were_promised() -> None:
    assert len(shelf.chosen(["all"])) >= LEAST_NOTEBOOKS


def test_every_model_is_real() -> None:
    assert {entry.card.name: entry.provenance for entry in index.entries() if entry.provenance not in REAL} == {}
    assert {entry.card.name for entry in index.entries() if _first_kind(entry) not in ("registry", "train")} == set()


def test_no_cell_is_skipped() -> None:
    skipped = [reason for path in shelf.paths() for reason in rules.nothing_skipped(rules.open_page(path))]
    assert skipped == []


def test_no_test_is_skipped() -> None:
    skipped = []
    for path in [*_files("test_*.py"), *_files("conftest.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name in SKIPPERS:
                skipped.append(f"{path.relative_to(shelf.ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    assert skipped == []


def _first_kind(entry: index.Entry) -> str:
    return entry.card.sources[0].kind
