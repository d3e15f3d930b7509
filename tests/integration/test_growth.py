"""The benchmarks of growth and overload run to their end; what they measure here means nothing."""

from pathlib import Path

import orjson
import pytest

from benchmarks import growth, overload

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("session_cache")]


def test_every_table_has_a_row_a_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--models", "2", "--kilobytes", "1", "100", "--connections", "2", "4"]
    kept = tmp_path / "growth.jsonl"
    assert growth.main(["--seconds", "0.2", "--warmup", "0.1", *sizes, "--rows", str(kept)]) == 0
    rows = [line.split("|")[1].strip() for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert rows == ["models", "2", "kB", "1", "100", "connections", "2", "4"]
    assert all(orjson.loads(line)["requests"] > 0 for line in kept.read_bytes().splitlines())


def test_more_is_asked_than_can_be_answered_and_the_rest_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "overload.json"
    # A peak seen in half a second may be a third of the true one, where the machine has other work.
    overload.main(["--seconds", "3", "--times", "6", "--rows", str(kept)])
    assert "| overload |" in capsys.readouterr().out
    seen = orjson.loads(kept.read_bytes())
    assert seen["overload"]["refused_per_s"] > 0
    assert seen["overload"]["failures"] == 0
