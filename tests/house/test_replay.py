"""nbval's comparison holds the outputs that papermill wrote against those that are committed."""

import subprocess
import sys
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from notebooks.house import shelf
from tests.house.conftest import KERNEL

Change = Callable[[NotebookNode], object]
CHECKED = {"tags": ["nbval-check-output"]}


def _notebook() -> NotebookNode:
    cells = [
        new_code_cell("import zoo", id="setup", execution_count=1),
        new_code_cell("print(verdict)", id="verify", metadata=CHECKED, execution_count=2),
        new_code_cell("print(time_ms)", id="time", execution_count=3),
    ]
    cells[1].outputs.append(new_output("stream", text="m: 18.90 dollars\n"))
    cells[2].outputs.append(new_output("stream", text="3 ms\n"))
    return new_notebook(cells=cells, metadata=KERNEL)


def _says(index: int, text: str) -> Change:
    return lambda notebook: notebook.cells[index].outputs[0].update(text=text)


def _ran_other_code(notebook: NotebookNode) -> None:
    notebook.cells[0].source = "import zoo, sys"


def _was_given_parameters(notebook: NotebookNode) -> None:
    notebook.cells.insert(1, new_code_cell("results = 'x'", metadata={"tags": ["injected-parameters"]}))


def _failed(notebook: NotebookNode) -> None:
    notebook.cells[2].outputs = [new_output("error", ename="Boom", evalue="", traceback=[])]


def _broke_off(notebook: NotebookNode) -> None:
    notebook.cells[2].execution_count = None


def _nothing(_: NotebookNode) -> None:
    pass


PASSING: dict[str, Change] = {
    "same": _nothing,
    "other-digits": _says(1, "m: 18.91 dollars\n"),
    "other-words-untagged": _says(2, "9 s\n"),
    "with-parameters": _was_given_parameters,
}
FAILING: dict[str, tuple[Change | None, str]] = {
    "other-words": (_says(1, "m: 18.90 euros\n"), "Cell outputs differ"),
    "other-code": (_ran_other_code, "papermill has not run this cell as it stands"),
    "failed": (_failed, "the cell did not run to its end"),
    "broke-off": (_broke_off, "the cell did not run to its end"),
    "never-ran": (None, "run `python -m notebooks run all` first"),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What pytest says of each notebook's three cells, all in one run, for its start takes a while."""
    folder = tmp_path_factory.mktemp("replay")
    for name, change in {**PASSING, **{name: change for name, (change, _) in FAILING.items()}}.items():
        shelf.write(_notebook(), folder / "classification" / f"{name}.ipynb")
        if change:
            executed = _notebook()
            change(executed)
            shelf.write(executed, folder / "run" / f"{name}.ipynb")
    options = ["--nbval-lax", "--nbval-executed", str(folder / "run"), "-p", "no:cacheprovider", "--color=no"]
    options += ["--nbval-sanitize-with", str(shelf.NOTEBOOKS / "house" / "nbval.cfg"), "--junitxml=said.xml"]
    command = [sys.executable, "-m", "pytest", "-p", "notebooks.house.replay", *options, "classification"]
    subprocess.run(command, cwd=folder, capture_output=True, check=False)
    said: dict[str, list[str]] = {}
    for case in ElementTree.parse(folder / "said.xml").iter("testcase"):  # noqa: S314 - written by pytest just now
        name = case.attrib["classname"].removesuffix(".ipynb").rpartition(".")[2]
        said.setdefault(name, []).append("".join(failure.text or "" for failure in case.iter("failure")))
    return said


@pytest.mark.parametrize("name", PASSING)
def test_the_same_words_pass_whatever_the_digits_and_whatever_is_not_tagged(
    name: str, found: dict[str, list[str]]
) -> None:
    assert found[name] == ["", "", ""]


@pytest.mark.parametrize("name", FAILING)
def test_other_words_and_what_was_not_run_fail(name: str, found: dict[str, list[str]]) -> None:
    assert FAILING[name][1] in "".join(found[name])
