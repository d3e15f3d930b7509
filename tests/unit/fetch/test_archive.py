import io
import stat
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving_kit.errors import BadInput, NotFound, UnsafeArchive
from serving_kit.fetch.archive import contents, unpack


def zipped(path: Path, members: Mapping[str, bytes], mode: int = 0) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(info, content)
    return path


def tarred(path: Path, members: Mapping[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    with tarfile.open(path, "w:gz") as bundle:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), "/etc/passwd"
            bundle.addfile(info, io.BytesIO(content))
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_files_and_folders_land_where_they_are_wanted(tmp_path: Path, pack: type) -> None:
    members = {"p/model/a": b"1", "p/model/sub/b": b"2", "p/keys.txt": b"3", "p/model2/c": b"4"}
    archive = pack(tmp_path / "archive", members)
    unpack(archive, {"model": "p/model", "labels.txt": "p/keys.txt"}, tmp_path / "out")
    assert tree(tmp_path / "out") == {"model/a": b"1", "model/sub/b": b"2", "labels.txt": b"3"}
    unpack(archive, {".": "."}, tmp_path / "all")
    assert tree(tmp_path / "all") == members


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil", "./../evil", "a\\..\\evil", "C:evil"])
def test_no_member_leaves_the_folder(tmp_path: Path, pack: type, name: str) -> None:
    with pytest.raises(UnsafeArchive):
        unpack(pack(tmp_path / "archive", {name: b"evil"}), {".": "."}, tmp_path / "in/out")
    assert not list(tmp_path.rglob("*evil"))


def test_no_target_leaves_the_folder_either(tmp_path: Path) -> None:
    with pytest.raises(UnsafeArchive):
        unpack(zipped(tmp_path / "archive", {"a": b""}), {"../evil": "a"}, tmp_path / "out")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_tars_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(UnsafeArchive, match="link or a device"):
        unpack(tarred(tmp_path / "archive", {"m/a": b""}, kind), {"model": "m"}, tmp_path / "out")


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_zips_are_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UnsafeArchive, match="link or a device"):
        unpack(zipped(tmp_path / "archive", {"m/a": b"/etc/passwd"}, mode), {"model": "m"}, tmp_path / "out")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_bomb_is_refused_before_it_goes_off(tmp_path: Path, pack: type) -> None:
    archive = pack(tmp_path / "archive", {"bomb": bytes(40 << 20)})
    with pytest.raises(UnsafeArchive, match="far more than its size"):
        unpack(archive, {"bomb": "bomb"}, tmp_path / "out")
    assert (tmp_path / "out/bomb").stat().st_size <= 16 << 20


def test_a_tar_member_nobody_wants_may_not_be_endless(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "archive", {"big": bytes(2 << 20), "a": b"1"})
    with pytest.raises(UnsafeArchive, match="more than 1048576 bytes"):
        unpack(archive, {"a": "a"}, tmp_path / "out", limit_bytes=1 << 20)


def test_a_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("a", b"1")
        bundle.writestr("a", b"2")
    with pytest.raises(UnsafeArchive, match="twice"):
        unpack(archive, {"a": "a"}, tmp_path / "out")


def test_a_missing_member_and_a_damaged_archive_are_named(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "archive", {"a": bytes(range(256)) * 400})
    with pytest.raises(NotFound, match="no member 'b'"):
        unpack(archive, {"b": "b"}, tmp_path / "out")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(BadInput, match="fetch it again"):
        unpack(archive, {"a": "a"}, tmp_path / "cut")
    archive.write_bytes(b"no archive")
    with pytest.raises(BadInput, match="fetch it again"):
        unpack(archive, {"a": "a"}, tmp_path / "none")


def test_a_zip_member_without_a_name_is_damage(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "archive", {"m/a": b"1"})
    archive.write_bytes(archive.read_bytes().replace(b"m/a", b"\0/a"))
    for read in (contents, lambda path: unpack(path, {"model": "m"}, tmp_path / "out")):
        with pytest.raises(BadInput, match="a member has no name"):
            read(archive)


@pytest.mark.parametrize("pack", [zipped, tarred])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_damaged_archives_are_refused_and_write_nothing_else(
    tmp_path: Path, pack: type, place: float, value: int
) -> None:
    content = bytearray(pack(tmp_path / "archive", {"m/a": b"1" * 100, "m/b": b"2"}).read_bytes())
    content[int(place * len(content))] = value
    (tmp_path / "archive").write_bytes(content)
    with TemporaryDirectory(dir=tmp_path) as out:
        try:
            unpack(tmp_path / "archive", {"model": "m"}, Path(out))
        except (BadInput, NotFound):
            return
        assert set(tree(Path(out)).values()) <= {b"1" * 100, b"2"}
