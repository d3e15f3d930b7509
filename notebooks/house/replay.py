"""A pytest plugin: nbval's comparison of what papermill has run already, so that no notebook runs twice for it.

    pytest -p notebooks.house.replay --nbval-lax --nbval-executed build/run notebooks

Notebooks are collected, sanitised and compared by nbval. Only where nbval would ask a kernel, the copy that papermill
executed is asked: it must be there, with the notebook's own cells, all of them run to their end.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

from notebooks.house import shelf

HINT = "run `python -m notebooks run all` first"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the folder of executed notebooks."""
    option = "compare with what papermill has written to this folder, instead of running the notebooks"
    parser.getgroup("nbval").addoption("--nbval-executed", type=Path, metavar="FOLDER", help=option)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """Put an executed notebook in the place of each that nbval would run."""
    found = yield
    if parent.config.option.nbval_executed is None:
        return found
    return [Executed.from_parent(parent, path=each.path) if isinstance(each, IPyNbFile) else each for each in found]


class Executed(IPyNbFile):  # type: ignore[misc]
    """A notebook whose outputs papermill has written down."""

    def setup(self) -> None:
        """Read the outputs; no kernel is started."""
        self.setup_sanitize_files()
        copy = self.config.option.nbval_executed / self.path.name
        self.ran = {cell.id: cell for cell in shelf.read(copy).cells} if copy.exists() else {}

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each code cell."""
        for each in super().collect():
            yield ExecutedCell.from_parent(
                self, name=each.name, cell_num=each.cell_num, cell=each.cell, options=each.options
            )


class ExecutedCell(IPyNbCell):  # type: ignore[misc]
    """A cell that papermill has run."""

    def runtest(self) -> None:
        """Fail where the cell was not run as it stands, or failed, or is tagged and answered in other words."""
        ran = self.parent.ran.get(self.cell.id)
        if ran is None or ran.source != self.cell.source:
            self.raise_cell_error(f"papermill has not run this cell as it stands; {HINT}")
        if ran.execution_count is None or any(output.output_type == "error" for output in ran.outputs):
            self.raise_cell_error("the cell did not run to its end")
        if self.options["check"] and not self.compare_outputs(
            coalesce_streams(ran.outputs), coalesce_streams(self.cell.outputs)
        ):
            self.raise_cell_error("Cell outputs differ", "\n".join(self.comparison_traceback))
