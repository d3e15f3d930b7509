import pytest
import yaml

import zoo
from serving_kit.errors import BadInput, NotFound
from tests.unit.zoo.conftest import Cards
from zoo import loader
from zoo.data import DataCard


@pytest.mark.parametrize("name", zoo.names())
def test_every_card_is_whole_and_short(name: str) -> None:
    card = zoo.load(name)
    text = (loader.CARDS / f"{name}.yaml").read_text(encoding="utf-8")
    assert 20 <= len(text.splitlines()) <= 55
    assert not any(getattr(event, "anchor", None) for event in yaml.parse(text)), "no anchors"
    assert card.example.expect is not None
    assert card.licence and card.resources.size_mb > 0


@pytest.mark.parametrize("name", loader.names(loader.DATA))
def test_every_data_card_says_where_it_comes_from_and_its_licence(name: str) -> None:
    card = loader.read(name, loader.DATA, DataCard)
    assert card.title and card.licence


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(NotFound, match="no card 'uci-hosing'; did you mean 'uci-housing'"):
        zoo.load("uci-hosing")
    with pytest.raises(NotFound, match="use one of"):
        zoo.load("../../etc/passwd")


SOURCE = {"kind": "registry", "package": "wheel tiny 1.0", "sha256": "0" * 64, "take": {"model": "tiny/model"}}
PORT = {"name": "x", "alias": "x", "dtype": "float32", "shape": [-1, 13]}


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"colour": "red"}, "colour", "Extra inputs"),
        ({"title": None}, "title", "Field required"),
        ({"task": "regresion"}, "task", "did you mean 'regression'"),
        ({"preprocess": {"shfit": [1]}}, "preprocess.shfit", "Extra inputs"),
        ({"sources": []}, "sources", "at least 1"),
        ({"sources": [{**SOURCE, "kind": "torrent"}]}, "sources.0", "torrent"),
        ({"sources": [{**SOURCE, "sha256": "abc"}]}, "sources.0.registry.sha256", "pattern"),
        ({"sources": [{**SOURCE, "package": "tiny"}]}, "sources.0.registry.package", "no release"),
        ({"sources": [{**SOURCE, "exporter": "nobody"}]}, "sources.0.registry.exporter", "no zoo/exporter/nobody.py"),
        ({"sources": [{**SOURCE, "exporter": "os.path"}]}, "sources.0.registry.exporter", "no zoo/exporter"),
        (
            {"sources": [{**SOURCE, "take": {"model": "x/y.onnx"}}]},
            "sources.0.registry.take",
            "write model/y.onnx: x/y",
        ),
        ({"inputs": [{**PORT, "colour": "red"}]}, "inputs.0.colour", "Extra inputs"),
        ({"inputs": [{**PORT, "dtype": "float33"}]}, "inputs.0.dtype", "tensors of dtype 'float33' cannot travel"),
        ({"serving": {"feed": ["y"], "fetch": ["price"]}}, "serving.feed", r"aliases are \['x'\]"),
        ({"example": {"input": "nothing"}}, "example.input", "no data/nothing.yaml"),
        ({"example": {"input": "house-1", "expect": {"value": 1}}}, "example.expect.value", "Extra inputs|required"),
        ({"labels": "nothing.txt"}, "labels", "no source takes 'nothing.txt'"),
    ],
)
def test_an_error_says_which_card_and_which_field(
    cards: Cards, changes: dict[str, object], field: str, text: str
) -> None:
    cards.write("tiny", **changes)
    with pytest.raises(BadInput, match=text) as caught:
        zoo.load("tiny", cards.folder)
    assert str(caught.value).startswith(f"in card tiny, field {field}")


def test_a_card_bears_the_name_of_its_file_and_is_yaml(cards: Cards) -> None:
    cards.write("tiny").rename(cards.folder / "other.yaml")
    with pytest.raises(BadInput, match=r"in card other, field name: the file is called other\.yaml"):
        zoo.load("other", cards.folder)
    (cards.folder / "bad.yaml").write_text("name: [")
    with pytest.raises(BadInput, match="card bad is no YAML"):
        zoo.load("bad", cards.folder)
    (cards.folder / "list.yaml").write_text(yaml.safe_dump(["name"]))
    with pytest.raises(BadInput, match="in card list: the file must hold fields with values, not one list"):
        zoo.load("list", cards.folder)
