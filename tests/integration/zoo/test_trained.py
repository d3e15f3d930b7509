"""What the trained models' notebooks claim of held-out rows, asked of the models as they are served."""

import functools

import numpy as np
import pytest

import zoo
from tests.integration.zoo.asking import Asker
from zoo.trainer import chinese_sentiment, digits, house_prices, movielens
from zoo.trainer.history import History
from zoo.trainer.score import auc, rmse
from zoo.trainer.shapes import LABELS, scene

pytestmark = pytest.mark.integration


@functools.cache
def trained(name: str) -> tuple[Asker, History]:
    card = zoo.load(name)
    files = zoo.fetch(card)
    return Asker(zoo.convert(card, files)), History.read(files.folder)


@pytest.mark.parametrize("name", [name for name in zoo.names() if zoo.load(name).sources[0].kind == "train"])
def test_the_best_epoch_is_the_one_that_validation_chose(name: str) -> None:
    history = trained(name)[1]
    scores = [epoch.validation for epoch in history.epochs]
    assert scores[history.best] == (min(scores) if history.measure == "RMSE" else max(scores))
    assert history.epochs[-1].loss < history.epochs[0].loss
    source = zoo.load(name).sources[0]
    assert next(iter(history.scores.values())) == pytest.approx(source.score, abs=source.tolerance)


@pytest.mark.parametrize(
    ("name", "people", "least"),
    [
        ("deepfm-movielens", "held out", 0.77),
        ("wide-and-deep-movielens", "known people", 0.77),
        ("wide-and-deep-movielens", "new people", 0.7),
    ],
)
def test_the_served_model_ranks_held_out_films_as_the_trained_one_did(name: str, people: str, least: float) -> None:
    ask, history = trained(name)
    records, liked = movielens.ratings()
    rows = np.array(history.rows[people])
    score = auc(ask([records[row] for row in rows]), liked[rows])
    assert score > least
    assert min(abs(score - known) for known in history.scores.values()) < 1e-4


def test_held_out_digits_are_read_and_inverted_ones_are_not() -> None:
    ask, history = trained("lenet-mnist")
    pictures, truths = (part[history.rows["held out"]] for part in digits.examples())
    images = [np.repeat(picture[0][..., None] * 255, 3, axis=2).round().astype(np.uint8) for picture in pictures]
    read, inverted = (np.array([label.index for label in ask(batch)]) for batch in (images, [255 - i for i in images]))
    assert np.mean(read == truths) == pytest.approx(history.scores["accuracy"], abs=0.005)
    assert np.mean(inverted == truths) < 0.4


def test_held_out_reviews_are_told_apart_and_negation_is_not_seen() -> None:
    ask, history = trained("chinese-reviews")
    texts, praise = chinese_sentiment.reviews()
    rows = history.rows["held out"]
    said = np.array([label.index for label in ask([texts[row] for row in rows])])
    assert np.mean(said == praise[rows]) == pytest.approx(history.scores["accuracy"], abs=0.005)
    assert [label.label for label in ask(["失望", "不失望"])] == ["blame", "blame"]


def test_held_out_prices_are_nearer_than_the_straight_lines() -> None:
    ask, history = trained("boston-mlp")
    features, prices = house_prices.examples()
    rows = history.rows["held out"]
    assert rmse(ask(features[rows]), prices[rows, 0]) == pytest.approx(history.scores["RMSE"], abs=1e-3)
    assert history.scores["RMSE"] < history.scores["RMSE, straight line"] - 0.5


def test_new_scenes_are_taken_apart_by_detector_and_segmenter() -> None:
    detect, segment = trained("shape-detector")[0], trained("shape-segmenter")[0]
    draw = np.random.default_rng(99)
    scenes = [scene(draw) for _ in range(20)]
    counts = [sorted(region.label for region in detect(one.image)) for one in scenes]
    assert (
        sum(found == sorted(shape.label for shape in one.shapes) for found, one in zip(counts, scenes, strict=True))
        >= 18
    )
    right = [np.mean(segment(one.image).classes == one.mask) for one in scenes]
    assert np.mean(right) > 0.95 and segment(scenes[0].image).labels == ("ground", *LABELS)
