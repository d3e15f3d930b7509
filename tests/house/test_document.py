"""Tables of documents are written between their marks and nowhere else."""

from pathlib import Path

import pytest

from notebooks.house import document, shelf
from serving_kit.errors import BadInput

OLD = "# Title\n\n<!-- begin: fields -->\nold\n<!-- end: fields -->\n\nThe end.\n"


@pytest.fixture
def readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shelf, "ROOT", tmp_path)
    monkeypatch.setattr(document, "DOCUMENTS", ("README.md",))
    monkeypatch.setitem(document.TABLES, "fields", lambda: "new\n")
    path = tmp_path / "README.md"
    path.write_text(OLD)
    return path


def test_a_check_changes_nothing_and_says_what_is_old(readme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert document.main(["--check"]) == 1
    assert capsys.readouterr().out == "README.md: out of date; run make sync\n"
    assert readme.read_text() == OLD


def test_what_is_old_is_written_once(readme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert document.main([]) == 0
    assert readme.read_text() == OLD.replace("old", "new")
    assert document.main([]) == document.main(["--check"]) == 0
    assert capsys.readouterr().out == "README.md: written\n"


def test_a_card_that_cannot_be_read_is_one_sentence(
    readme: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> str:
        raise BadInput("in card lac, field task: no task 'x'")

    monkeypatch.setitem(document.TABLES, "fields", broken)
    assert document.main([]) == 2
    assert capsys.readouterr().err == "error: in card lac, field task: no task 'x'\n"
    assert readme.read_text() == OLD


def test_every_mark_of_every_document_has_its_table() -> None:
    for name in document.DOCUMENTS:
        text = (shelf.ROOT / name).read_text(encoding="utf-8")
        marks = [line.split()[2] for line in text.splitlines() if line.startswith("<!-- begin: ")]
        assert marks, name
        assert set(marks) <= document.TABLES.keys()
        assert len(document._BLOCK.findall(text)) == len(marks)
