"""The report is one page: failures first, then what was answered."""

from pathlib import Path

from notebooks.house import report
from notebooks.house.outcome import Outcome


def test_the_report_is_one_file_that_loads_nothing(good: Outcome, bad: Outcome, tmp_path: Path) -> None:
    page = report.write([good, bad], tmp_path / "report.html").read_text()
    assert "<h1" in page
    assert "House prices" in page
    assert page.count("<svg") == 1
    assert 'href="#lac" class="bad"' in page
    for loader in ("<script src", "<link", "<iframe", "@import", "url(http", 'src="http'):
        assert loader not in page


def test_a_failure_stands_first_with_its_cell_and_its_traceback_escaped(
    good: Outcome, bad: Outcome, tmp_path: Path
) -> None:
    page = report.write([good, bad], tmp_path / "report.html").read_text()
    failed = page[page.index('<section id="failed">') : page.index('<table class="summary">')]
    assert "cell frame-serve" in failed
    assert "BadInput: shape [1, 13] &lt;b&gt;" in failed
    assert "serve(&lt;x&gt;)" in failed
    assert "Traceback\n  &lt;module&gt;\nBadInput: …" in failed
    assert "2 notebooks, 1 failed" in page


def test_where_nothing_failed_nothing_is_said_of_failures(good: Outcome, tmp_path: Path) -> None:
    page = report.write([good], tmp_path / "report.html").read_text()
    assert "What failed" not in page
    assert "1 notebook, 0 failed" in page
