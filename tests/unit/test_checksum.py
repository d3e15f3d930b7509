from pathlib import Path

from serving_kit.checksum import file_sha256


def test_it_is_the_digest_of_what_the_file_holds(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-4's own example.
    assert file_sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
