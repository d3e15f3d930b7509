"""The benchmarks run to their end and say all that they promise; what they measure here means nothing."""

import itertools
import re
import shutil
from pathlib import Path

import orjson
import pytest

from benchmarks import compare, grpc_library, protocols
from benchmarks.peer.debian import is_debian
from benchmarks.peer.question import Wire
from benchmarks.peer.row import Limit, Point, read
from benchmarks.question import fastapi_question, grpc_question, questions

pytestmark = pytest.mark.integration

QUICK = ["--seconds", "0.25", "--warmup", "0.1"]
FIGURE = re.compile(r"[\d,]+(\.\d+)?")


@pytest.fixture(autouse=True)
def cache_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVING_KIT_CACHE_DIR", str(tmp_path / "cache"))


def tables(text: str) -> list[list[list[str]]]:
    """Markdown tables as rows of cells, without head and rule."""
    blocks = [block.splitlines() for block in text.strip().split("\n\n") if block.startswith("|")]
    return [[[cell.strip() for cell in line.strip("|").split("|")] for line in block[2:]] for block in blocks]


def test_every_protocol_is_measured_at_every_concurrency_beside_its_peers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "rows" / "protocols.jsonl"
    assert protocols.main([*QUICK, "--concurrency", "1", "8", "--rows", str(kept)]) == 0
    names = [question.protocol for question in (*questions(), fastapi_question(), grpc_question())]
    points, ratios = tables(capsys.readouterr().out)
    assert [tuple(row[:2]) for row in points] == list(itertools.product(names, ("1", "8")))
    assert all(FIGURE.fullmatch(cell) for row in points for cell in row[2:6])
    assert all(row[-1] in ("server", "client", "both", "neither") for row in points)
    of_this_run = [row for row in ratios if "this run" in row[0]]
    assert [row[2] for row in of_this_run] == ["HTTP+JSON", "gRPC"]
    assert all(re.fullmatch(r"[\d,]+, \d+\.\d\d x", cell) for row in of_this_run for cell in row[4:])
    assert all(re.fullmatch(r"\d+-\d+", cell) for row in of_this_run for cell in (row[1], row[3]))
    rows = [orjson.loads(line) for line in kept.read_bytes().splitlines()]
    assert [(row["protocol"], str(row["concurrency"])) for row in rows] == [tuple(row[:2]) for row in points]
    assert all(row["requests"] > 0 and row["machine"]["cores"] and row["versions"]["python"] for row in rows)


def test_flags_reach_the_server_and_one_it_refuses_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = [*QUICK, "--only", "bRPC", "--without-peers", "--concurrency", "1"]
    rows = tmp_path / "rows.jsonl"
    assert protocols.main([*arguments, "--rows", str(rows), "--", "--runtime_thread_num", "1"]) == 0
    assert orjson.loads(rows.read_bytes())["flags"] == ["--runtime_thread_num", "1"]
    assert protocols.main([*arguments, "--", "--runtime_thread_num", "1025"]) == 2
    assert "--runtime_thread_num" in capsys.readouterr().err


def test_a_wrong_answer_ends_the_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocols, "price", lambda: 1.0)
    assert protocols.main([*QUICK, "--only", "gRPC", "--without-peers", "--concurrency", "1"]) == 2
    assert "the price was 9.625, not 1.0" in capsys.readouterr().err


def test_the_grpc_libraries_are_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = [*QUICK, "--concurrency", "2", "--ways", "direct", "carried", "--rows", str(tmp_path / "rows.jsonl")]
    assert grpc_library.main(arguments) == 0
    (points,) = tables(capsys.readouterr().out)
    loads = ("100 B, a connection a call", "100 B, one channel", "602 kB, one channel")
    assert [row[0] for row in points] == [f"{way}, {load}" for way in ("direct", "carried") for load in loads]


def test_a_library_that_is_not_installed_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert grpc_library.main(["--ways", "grpclib"]) == 2
    assert "grpclib is not installed here" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ours"] if shutil.which("wrk") or is_debian() else [])
def test_the_server_is_compared_by_way_of_a_real_generator(name: str, tmp_path: Path) -> None:
    rows, page = tmp_path / "rows.jsonl", tmp_path / "PEERS.md"
    arguments = ["--servers", name, "--only", "m1", "--seconds", "1", "--repeats", "1", "--most-connections", "1"]
    assert compare.main([*arguments, "--rows", str(rows), "--page", str(page)]) == 0
    _, *measured = read(rows)
    points = [row for row in measured if isinstance(row, Point)]
    assert [(point.wire, point.concurrency) for point in points] == [(Wire.JSON, 1), (Wire.BINARY, 1)]
    assert all(point.failures == 0 and point.server_cpu_us > 0 for point in points)
    assert [row.batch for row in measured if isinstance(row, Limit)] == [1, 8]
    assert "## m1, JSON" in page.read_text("utf-8")
