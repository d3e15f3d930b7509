from pathlib import Path

import pytest

from benchmarks.peer.page import page, write
from tests.unit.benchmarks.peer.rows import absence, point, run, three_rounds


@pytest.fixture(scope="module")
def text() -> str:
    reason = "ended with status 1:\n  no java"
    return page(
        [*three_rounds(), absence("slow", reason, model="m2"), absence("quick", "answered 500", concurrency=32)]
    )


def test_a_table_has_a_line_a_server_and_concurrency(text: str) -> None:
    (line,) = [line for line in text.splitlines() if line.startswith("| 8 | the slow server")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        "8",
        "the slow server",
        "500",
        "450 to 550",
        "2.00",
        "1",
        "2",
        "0.12",
        "2,000",
        "4.00",
        "25%",
        "20%",
        "3",
    ]


def test_the_engine_alone_is_told(text: str) -> None:
    assert "2,000 a second at batch 1 (500 µs of processor time each), 4,000 a second at batch 8" in text


def test_losses_are_told_with_both_figures(text: str) -> None:
    assert "- m1 JSON, c=8: the quick server 1.50 times better, 1,500 requests/s against 1,000, clear" in text


def test_what_could_not_be_measured_is_told_in_one_line_with_the_reason(text: str) -> None:
    assert "- the slow server (m2): ended with status 1: no java" in text
    assert "- the quick server (m1, from c=32 on): answered 500" in text


def test_machine_versions_settings_and_commands_are_told(text: str) -> None:
    assert "2 cores of Some CPU; the load average was 0.1 when it began. 3 rounds of at least 3 s a point" in text
    assert "Two threads. Versions: quick 1.2.3." in text
    assert "$ quick --serve" in text
    assert "Asked by json: POST /json, 9 bytes." in text
    assert "$ .venv/bin/python -m benchmarks.compare --only m1" in text


def test_a_run_without_losses_or_absences_says_so() -> None:
    text = page([run("ours", "slow"), point("ours", 100.0), point("slow", 50.0)])
    assert "Nowhere in this run" in text
    assert "Every server answered" in text


def test_a_run_without_this_server_claims_no_victory() -> None:
    text = page([run("slow"), point("slow", 50.0)])
    assert "This server was no part of this run." in text
    assert "| 1      | -" in text


def test_each_plot_that_the_page_shows_is_written_and_is_the_same_for_the_same_rows(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(three_rounds(), tmp_path / name / "PEERS.md")
    shown = tmp_path / "one" / "plots" / "m1-json.svg"
    assert "](plots/m1-json.svg)" in (tmp_path / "one" / "PEERS.md").read_text("utf-8")
    assert "the quick server" in shown.read_text("utf-8")
    assert shown.read_bytes() == (tmp_path / "two" / "plots" / "m1-json.svg").read_bytes()
