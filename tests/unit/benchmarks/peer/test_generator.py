from pathlib import Path

import pytest

from benchmarks.peer import generator
from benchmarks.peer.question import raw
from serving_kit.errors import Unavailable
from tests.unit.benchmarks.peer.made import MADE

SEEN = (
    "Running 1s test @ http://127.0.0.1:9/\n  Requests/sec:  99.0\n"
    '{"requests": 1000, "duration_us": 2000000, "p50_us": 900, "p99_us": 4500, "connect": 1, "read": 2, "write": 0, '
    '"status": 10, "timeout": 3}\n'
)


def test_refusals_are_failures_and_no_answers() -> None:
    assert generator.read(SEEN, cpu_s=0.5) == generator.Load(
        requests=990, failures=16, seconds=2.0, p50_ms=0.9, p99_ms=4.5, cpu_s=0.5
    )


def test_the_command_has_one_thread_and_sends_the_body_and_the_headers() -> None:
    words = generator.Wrk(Path("wrk")).command(raw("/binary", MADE), 9, 8, 3, Path("body"))
    assert words[:4] == ["wrk", "-t1", "-c8", "-d3s"]
    assert words[-4:] == ["http://127.0.0.1:9/binary", "--", "body", "Content-Type: application/octet-stream"]


def test_wrk_is_taken_from_the_path_from_debian_or_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/somewhere/wrk")
    assert generator.wrk() == generator.Wrk(Path("/somewhere/wrk"))
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(generator, "unpack", lambda *_: tmp_path)
    monkeypatch.setattr(generator, "is_debian", lambda: True)
    assert generator.wrk().program == tmp_path / "usr" / "bin" / "wrk"
    monkeypatch.setattr(generator, "is_debian", lambda: False)
    with pytest.raises(Unavailable, match="apt install wrk"):
        generator.wrk()
