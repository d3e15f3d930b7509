"""The pipeline's benchmark runs to its end and says all that it promises; what it measures here means nothing."""

import itertools
from pathlib import Path

import orjson
import pytest

from benchmarks import pipeline
from benchmarks.dag import chain, ocr, old

pytestmark = pytest.mark.integration

QUICK = ["--seconds", "0.25", "--warmup", "0.1", "--repeats", "1"]


def test_every_part_is_measured_over_every_protocol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, page = tmp_path / "rows" / "pipeline.jsonl", tmp_path / "PIPELINE.md"
    chosen = ["--ops", "1", "2", "--concurrency", "1", "8", "--without-peer"]
    chosen += ["--ocr-settings", ocr.SETTINGS[0], "--ocr-seconds", "5", "--ocr-warmup", "0"]
    assert pipeline.main([*QUICK, *chosen, "--rows", str(kept), "--page", str(page)]) == 0
    rows = [orjson.loads(line) for line in kept.read_bytes().splitlines()]
    expected = [(chain.name(way, ops), 1) for ops in (1, 2) for way in chain.WAYS]
    expected += [(ocr.loop_name(ocr.SETTINGS[0]), 1), (ocr.models_name(), 1)]
    expected += [(ocr.name(way, ocr.SETTINGS[0]), ocr.CONCURRENCY) for way in ocr.WAYS]
    expected += [
        (old.name(old.OURS, way, setting), concurrency)
        for setting, way, concurrency in itertools.product(old.SETTINGS, old.WAYS, (1, 8))
    ]
    assert sorted((row["protocol"], row["concurrency"]) for row in rows) == sorted(expected)
    assert all(row["requests"] > 0 and row["p50_ms"] > 0 for row in rows)
    text = page.read_text("utf-8")
    assert capsys.readouterr().out == text
    assert text.count("An op costs 0.") + text.count("An op costs -0.") == len(chain.WAYS)
    assert "of the best loop: goal of 90%" in text
    assert f"| {old.MODEL}" not in text
    assert "Each at its best" not in text


def test_a_server_that_ends_is_told_with_its_last_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(old.SETTINGS, "as its example", {"worker_num": 0, "dag": {}})
    kept = ["--rows", str(tmp_path / "rows.jsonl"), "--page", str(tmp_path / "PIPELINE.md")]
    assert pipeline.main([*QUICK, "--only", "old", "--without-peer", *kept]) == 2
    assert "worker_num" in capsys.readouterr().err
    assert not (tmp_path / "PIPELINE.md").exists()
