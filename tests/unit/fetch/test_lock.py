from pathlib import Path

import pytest

from serving_kit.errors import BadInput, ChecksumMismatch
from serving_kit.fetch.lock import ChecksumLock


def test_the_first_checksum_is_kept_and_held_against_the_next(tmp_path: Path) -> None:
    lock = ChecksumLock(tmp_path / "checksums.lock")
    assert lock.get("https://b") is None
    lock.record("https://b", "1" * 64)
    lock.record("https://a", "2" * 64)
    lock.record("https://b", "1" * 64)
    with pytest.raises(ChecksumMismatch, match="https://b has sha256 3"):
        lock.record("https://b", "3" * 64)
    again = ChecksumLock(tmp_path / "checksums.lock")
    assert again.get("https://b") == "1" * 64
    lines = (tmp_path / "checksums.lock").read_text().splitlines()
    assert lines == sorted(lines) and len(lines) == 2


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "checksums.lock"
    path.write_text('{"url": "a", "sha256": "b"}\n<<<<<<< ours\n')
    with pytest.raises(BadInput, match="line 2"):
        ChecksumLock(path).get("a")
