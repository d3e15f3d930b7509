import logging
from pathlib import Path

import pytest

from serving_kit.errors import BadInput
from serving_kit.service.keys import ApiKeys

KEY = "correct-horse-battery"


def read(path: Path, text: str | bytes) -> ApiKeys:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return ApiKeys.read(path)


def test_a_file_has_a_key_a_line_with_comments_and_space_passed_over(tmp_path: Path) -> None:
    keys = read(tmp_path / "keys", f"# ours\n\n  {KEY}\t\r\n#{KEY}-old\n{KEY}#2\n")
    assert [keys.admits(key) for key in (KEY, KEY.encode(), f"{KEY}#2")] == [True] * 3


@pytest.mark.parametrize("key", [None, "", b"", KEY[:-1], f"{KEY} ", KEY.upper(), f"{KEY}\xe9", b"\xff" * 20, "# ours"])
def test_what_is_not_in_the_file_is_not_admitted(tmp_path: Path, key: str | bytes | None) -> None:
    assert not read(tmp_path / "keys", f"# ours\n{KEY}").admits(key)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no API key; write at least one"),
        (f"#{KEY}\n\n", "holds no API key; write at least one"),
        (f"{KEY}\nonly-15-letters", "line 2 of .* is no API key; write 16 to 1024 visible ASCII"),
        (f"{KEY} {KEY}", "line 1 of .* is no API key"),
        (f"{KEY}\xe9", "line 1 of .* is no API key"),
        (b"\xff\xfe" + KEY.encode(), "cannot be read \\(it is no text\\); name a file of one key a line"),
    ],
)
def test_a_file_that_is_wrong_is_refused_without_showing_a_key(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        read(tmp_path / "keys", text)
    assert not {KEY, "only-15-letters"} & set(str(caught.value).split())


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(BadInput, match=said):
            ApiKeys.read(path)


def test_no_key_is_shown_or_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        keys = read(tmp_path / "keys", KEY)
        keys.admits("another-key-altogether")
    assert repr(keys) == "ApiKeys(1)"
    assert KEY not in caplog.text + str(vars(keys))
