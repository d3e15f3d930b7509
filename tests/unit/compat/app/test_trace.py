import json
from pathlib import Path

import pytest

from serving_kit.compat.app.trace import events, main
from serving_kit.errors import BadInput

LINE = "PROFILE\tpid:12\tprepro_0:100 prepro_1:150 client_infer_0:200 client_infer_1:260"


def test_stamps_become_events_that_begin_and_end() -> None:
    assert events(["a line of the log", LINE + "\n", "2026-01-01 PROFILE"]) == [
        {"name": "prepro", "tid": 0, "pid": 12, "ts": 100, "ph": "B"},
        {"name": "prepro", "tid": 0, "pid": 12, "ts": 150, "ph": "E"},
        {"name": "client_infer", "tid": 0, "pid": 12, "ts": 200, "ph": "B"},
        {"name": "client_infer", "tid": 0, "pid": 12, "ts": 260, "ph": "E"},
    ]


@pytest.mark.parametrize("line", ["PROFILE", "PROFILE\tpid:1", "PROFILE\tx\ta_0:1", "PROFILE\tpid:1\ta_0", LINE + ":9"])
def test_a_line_that_is_cut_off_is_named(line: str) -> None:
    with pytest.raises(BadInput, match="line 2 is no whole PROFILE line"):
        events(["fine", line])


def test_a_log_becomes_a_file_that_chrome_reads(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(LINE, encoding="utf-8")
    assert main(["--profile_file", str(tmp_path / "log"), "--trace_file", str(tmp_path / "trace")]) == 0
    assert json.loads((tmp_path / "trace").read_text(encoding="utf-8")) == events([LINE])


def test_a_log_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--profile_file", str(tmp_path / "log")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
