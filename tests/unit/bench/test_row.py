import subprocess
import sys
from pathlib import Path

import pytest

from serving_kit.bench import Machine, latest, read, record
from serving_kit.bench.row import versions
from serving_kit.errors import BadInput
from tests.unit.bench.rows import made_up


def test_rows_come_back_as_they_were_recorded(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    rows = [made_up("lac"), made_up("uci-housing", threads=None, errors=3, note="batch 8")]
    for row in rows:
        record(row, path)
    assert read(path) == rows


def test_a_file_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    assert read(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize(
    ("line", "said"), [("{", "line 2, field the whole line"), ('{"slug": 1}', "line 2, field slug")]
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(f"{made_up().model_dump_json()}\n{line}\n")
    with pytest.raises(BadInput, match=said):
        read(path)


def test_processes_that_record_at_once_lose_no_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    code = (
        "import sys; from serving_kit.bench import Row, record\n"
        "row = Row.model_validate_json(sys.argv[1])\n"
        "for _ in range(50): record(row, sys.argv[2])"
    )
    row = made_up(note="x" * 5000)
    command = [sys.executable, "-c", code, row.model_dump_json(), str(path)]
    writers = [subprocess.Popen(command) for _ in range(2)]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert read(path) == [row] * 100


def test_the_latest_run_of_each_kind_is_kept_in_the_order_first_seen() -> None:
    old, other, new = made_up(p50_ms=9), made_up(concurrency=8), made_up(p50_ms=1)
    assert latest([old, other, new]) == [new, other]


def test_a_label_says_only_what_is_unusual() -> None:
    assert made_up("lac").label == "lac"
    assert made_up("lac", concurrency=8, note="batch 4").label == "lac · c=8 · batch 4"


def test_the_machine_and_the_versions_are_real() -> None:
    here = Machine.here()
    assert here.cpu
    assert here.cores >= 1
    assert versions()["python"] == ".".join(map(str, sys.version_info[:3]))
    assert versions()["numpy"].startswith("1.26")
