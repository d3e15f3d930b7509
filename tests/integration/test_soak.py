"""A minute of what benchmarks.soak does for half an hour."""

from pathlib import Path

import orjson
import pytest

from benchmarks import soak
from benchmarks.habit import HABITS

pytestmark = pytest.mark.integration


@pytest.mark.usefixtures("session_cache")
def test_use_and_misuse_leave_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "soak.json"
    status = soak.main(["--minutes", "0.8", "--rows", str(kept)])
    said = capsys.readouterr().out
    assert status == 0, said
    assert "Nothing grew." in said
    asked = orjson.loads(kept.read_bytes())["asked"]
    assert set(asked) == set(HABITS)
    assert min(asked.values()) > 10
