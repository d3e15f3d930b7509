import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from serving_kit.errors import BadInput, ChecksumMismatch, NotFound, ServingKitError, TooLarge, Unavailable
from serving_kit.fetch import http
from tests.unit.fetch.server import Script, serve

BODY = os.urandom(300_000)
SHA256 = hashlib.sha256(BODY).hexdigest()


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_arrives_whole_and_its_sha256_is_returned(tmp_path: Path) -> None:
    with serve(Script(BODY)) as script:
        assert http.download(script.url, tmp_path / "deep/w") == SHA256
    assert (tmp_path / "deep/w").read_bytes() == BODY
    assert left_over(tmp_path / "deep") == ["w"]


@pytest.mark.parametrize("trouble", ["cut", "short", "stall", 500, 503, 429])
def test_trouble_is_retried(tmp_path: Path, trouble: str | int) -> None:
    with serve(Script(BODY, [trouble, "ok"])) as script:
        http.download(script.url, tmp_path / "w", sha256=SHA256)
    assert (tmp_path / "w").read_bytes() == BODY


def test_a_cut_transfer_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with serve(Script(BODY, ["cut", "ok"])) as script:
        http.download(script.url, tmp_path / "w", sha256=SHA256)
        assert script.ranges == [None, f"bytes={len(BODY) // 2}-"]


def test_another_process_goes_on_too_but_not_with_a_file_that_changed(tmp_path: Path) -> None:
    with serve(Script(BODY, ["cut"])) as script:
        with pytest.raises(Unavailable):
            http.download(script.url, tmp_path / "w")
        assert left_over(tmp_path) == ["w.part", "w.part.tag"]
        script.acts, script.body, script.etag = ["ok"], BODY[::-1], '"v2"'
        http.download(script.url, tmp_path / "w")
    assert (tmp_path / "w").read_bytes() == BODY[::-1]


@pytest.mark.parametrize("trouble", ["whole", "shifted", 416])
def test_a_server_without_working_ranges_sends_all_again(tmp_path: Path, trouble: str | int) -> None:
    with serve(Script(BODY, ["cut", trouble, "ok"])) as script:
        http.download(script.url, tmp_path / "w", sha256=SHA256)
    assert (tmp_path / "w").read_bytes() == BODY


def test_a_weak_tag_is_no_ground_to_go_on(tmp_path: Path) -> None:
    with serve(Script(BODY, ["cut", "ok"], etag='W/"v1"')) as script:
        http.download(script.url, tmp_path / "w", sha256=SHA256)
        assert script.ranges == [None, None]


def test_a_wrong_checksum_keeps_the_old_file_and_discards_the_new(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"old")
    with serve(Script(BODY)) as script, pytest.raises(ChecksumMismatch, match=f"{SHA256}, expected {'0' * 64}"):
        http.download(script.url, tmp_path / "w", sha256="0" * 64)
    assert (tmp_path / "w").read_bytes() == b"old"
    assert left_over(tmp_path) == ["w"]


@pytest.mark.parametrize("act", ["ok", "chunkless"])
def test_a_file_over_the_limit_is_refused(tmp_path: Path, act: str) -> None:
    with serve(Script(BODY, [act])) as script, pytest.raises(TooLarge, match="limit of 1000 bytes"):
        http.download(script.url, tmp_path / "w", limit_bytes=1000)
    assert left_over(tmp_path) == []


def test_what_is_not_there_is_not_asked_for_again(tmp_path: Path) -> None:
    with serve(Script(BODY, [404])) as script:
        with pytest.raises(NotFound, match="answers 404"):
            http.download(script.url, tmp_path / "w")
        assert len(script.ranges) == 1


@pytest.mark.parametrize(
    ("url", "error"),
    [("http://127.0.0.1:9/w", Unavailable), ("ftp://example/w", BadInput), ("http://host:port/w", BadInput)],
)
def test_an_address_that_cannot_answer_is_one_sentence(tmp_path: Path, url: str, error: type[ServingKitError]) -> None:
    with pytest.raises(error) as caught:
        http.download(url, tmp_path / "w")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(*_: object) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(http, "_check_size", full)
    (tmp_path / "w.part").write_bytes(b"half")
    with serve(Script(BODY)) as script, pytest.raises(BadInput, match="the disk is full at"):
        http.download(script.url, tmp_path / "w")
    assert left_over(tmp_path) == []


SMALL_DISK = """
import resource, sys
from pathlib import Path
from serving_kit.errors import BadInput
from serving_kit.fetch.http import download

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    download(sys.argv[1], Path(sys.argv[2]))
except BadInput as error:
    sys.exit(0 if "the disk is full" in str(error) else 1)
sys.exit(2)
"""


def test_a_file_the_system_will_not_hold_is_said_too(tmp_path: Path) -> None:
    with serve(Script(BODY)) as script:
        words = [sys.executable, "-c", SMALL_DISK, script.url, str(tmp_path / "w")]
        assert subprocess.run(words, check=False, timeout=60).returncode == 0
    assert left_over(tmp_path) == []


def test_a_mirror_takes_the_place_of_the_longest_prefix(tmp_path: Path) -> None:
    with serve(Script(BODY)) as script:
        mirrors = {"https://vendor.example/": "http://127.0.0.1:9/", "https://vendor.example/m/": f"{script.url}?"}
        http.download("https://vendor.example/m/w", tmp_path / "w", sha256=SHA256, mirrors=mirrors)
    assert http.mirrored("https://other.example/w", mirrors) == "https://other.example/w"
