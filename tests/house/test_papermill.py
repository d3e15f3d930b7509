"""Papermill itself runs any notebook, from any folder, with parameters of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from notebooks.house import outcome, shelf
from serving_kit import bench


@pytest.mark.integration
def test_plain_papermill_runs_a_notebook_from_wherever_it_is_called(tmp_path: Path) -> None:
    notebook = shelf.NOTEBOOKS / "regression" / "uci-housing.ipynb"
    command = [sys.executable, "-m", "papermill", str(notebook), "out.ipynb", "-p", "requests", "7"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert outcome.answer(shelf.read(tmp_path / "out.ipynb"), "uci-housing").startswith("18.9")
    (row,) = bench.read(tmp_path / "build" / "latency.jsonl")
    assert (row.slug, row.requests) == ("uci-housing", 7)
    assert {path.name for path in tmp_path.iterdir()} == {"out.ipynb", "build"}
