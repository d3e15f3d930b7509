import hashlib
import zipfile
from pathlib import Path

import pytest
import yaml

from serving_kit.errors import BadInput, NotFound
from serving_kit.fetch import registry
from tests.unit import tiny_models
from zoo import look


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with a small model in it, in the place of whatever a registry would give."""
    folder = tmp_path / "linear"
    tiny_models.legacy_linear(folder)
    wheel = tmp_path / "models-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as bundle:
        for path in folder.iterdir():
            bundle.write(path, f"models/linear/{path.name}")
        bundle.writestr("models/LICENSE", "Apache License\nVersion 2.0\n")
    monkeypatch.setattr(registry, "download_unpinned", lambda _package, _folder: wheel)
    return wheel


def test_a_package_is_its_checksum_and_its_files(archive: Path) -> None:
    lines = list(look.lines("wheel models 1.0"))
    assert lines[:2] == ["package: wheel models 1.0", f"sha256: {hashlib.sha256(archive.read_bytes()).hexdigest()}"]
    assert any(line.endswith(" models/linear/model.pdmodel") for line in lines[2:])


def test_a_model_in_it_is_described_in_the_words_of_a_card(archive: Path) -> None:
    card = yaml.safe_load("\n".join(look.lines("wheel models 1.0", "models/linear")))
    assert card["take"] == {"model": "models/linear"}
    assert card["format"] == "pdmodel"
    assert [(port["name"], port["dtype"], port["shape"]) for port in card["inputs"]] == [("x", "float32", [-1, 3])]
    assert [port["shape"] for port in card["outputs"]] == [[-1, 1]]


@pytest.mark.usefixtures("archive")
def test_a_text_in_it_is_shown() -> None:
    assert list(look.lines("wheel models 1.0", "models/LICENSE"))[2:] == ["Apache License\nVersion 2.0\n"]


@pytest.mark.usefixtures("archive")
def test_a_member_that_is_not_there_is_named() -> None:
    with pytest.raises(NotFound, match="models/conv"):
        list(look.lines("wheel models 1.0", "models/conv"))


def test_a_package_is_three_words() -> None:
    with pytest.raises(BadInput, match="write wheel, sdist or npm"):
        list(look.lines("models==1.0"))
