"""perf_analyzer: it reads configuration and statistics before it sends load, and compares what was counted."""

import csv
from pathlib import Path

import pytest

from benchmarks.peer.debian import is_debian
from tests.integration.peers.conftest import run
from tests.peers.perf import perf_analyzer

pytestmark = pytest.mark.integration

# Three windows of so many requests are enough, however much they differ.
BRIEFLY = ["--measurement-mode", "count_windows", "--measurement-request-count", 20, "-s", 10000]
WAYS = [
    "-i http",
    "-i http --async",
    "-i http -b 4",
    "-i http --input-tensor-format json --output-tensor-format json",
    "-i grpc",
    "-i grpc -b 4",
    "-i grpc --streaming --async",
    "-i grpc --grpc-compression-algorithm gzip",
]


@pytest.mark.parametrize("way", WAYS if is_debian() else [])
def test_a_measurement_comes_to_its_end(address: str, tmp_path: Path, way: str) -> None:
    report = tmp_path / "report.csv"
    what = ["-m", "adder", "-u", address, "--concurrency-range", 2]
    done = run(perf_analyzer(), *what, *way.split(), *BRIEFLY, "-f", report)
    assert done.returncode == 0, done.stdout + done.stderr
    with report.open() as lines:
        (row,) = csv.DictReader(lines)
    assert float(row["Inferences/Second"]) > 0
    assert "Successful request count" in done.stdout  # what the server counted
