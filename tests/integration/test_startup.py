"""The benchmark of starts runs to its end; what it measures here means nothing."""

from pathlib import Path

import orjson
import pytest

from benchmarks import startup

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("session_cache")]


def test_imports_and_starts_are_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "startup.jsonl"
    words = ["--repeats", "1", "--engines", "onnxruntime", "--workers", "1", "--rows", str(kept)]
    assert startup.main(words) == 0
    said = capsys.readouterr().out
    assert "| the client package" in said
    assert "| onnxruntime" in said
    *imports, begun = [orjson.loads(line) for line in kept.read_bytes().splitlines()]
    assert all(row["CPU s"] > 0 for row in imports)
    assert begun["RSS MB"] > begun["engine alone MB"] > 0
    assert begun["start s"] > 0
