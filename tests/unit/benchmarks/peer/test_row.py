from pathlib import Path

import pytest

from benchmarks.peer.row import read, write
from serving_kit.errors import BadInput
from tests.unit.benchmarks.peer.rows import absence, three_rounds


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = [*three_rounds(), absence("slow", "gone", wire="binary", concurrency=8)]
    write(rows, tmp_path / "deep" / "rows.jsonl")
    assert read(tmp_path / "deep" / "rows.jsonl") == rows


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    write(three_rounds()[:1], tmp_path / "rows.jsonl")
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write('{"kind": "guess"}\n')
    with pytest.raises(BadInput, match="line 2 is no row"):
        read(tmp_path / "rows.jsonl")
