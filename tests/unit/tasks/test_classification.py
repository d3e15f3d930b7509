import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Label
from serving_kit.tasks.classification import crop_centre, softmax


def test_the_best_classes_come_first_with_their_names(make):
    task = make("classification", files={"names.txt": "cat\ndog\nfox"}, labels="names.txt", postprocess={"top": 2})
    prepared = task.preprocess(np.zeros((300, 400, 3), np.uint8))
    assert prepared.feeds["x"].shape == (1, 3, 224, 224)
    assert task.postprocess({"y": np.array([[0.1, 0.2, 0.7]])}, prepared) == [
        Label("fox", 2, 0.7),
        Label("dog", 1, 0.2),
    ]
    with pytest.raises(BadInput, match="2 classes, its label file 3 lines"):
        task.postprocess({"y": np.array([[0.5, 0.5]])}, prepared)


def test_logits_become_probabilities_where_asked(make):
    task = make("classification", postprocess={"softmax": True})
    answer = task.postprocess(
        {"y": np.array([[1000.0, 1000.0 + np.log(3)]])}, task.preprocess(np.zeros((9, 9, 3), np.uint8))
    )
    assert [(label.label, round(label.score, 6)) for label in answer] == [("1", 0.75), ("0", 0.25)]
    assert softmax(np.zeros((2, 4))).tolist() == [[0.25] * 4] * 2


@pytest.mark.parametrize("interpolation", ["linear", "antialias"])
def test_the_centre_is_cut_from_the_longer_side(interpolation):
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255
    middle = crop_centre(image, 50, 40, interpolation)
    assert middle.shape == (40, 40, 3)
    assert middle.min() == 255
    assert crop_centre(image.transpose(1, 0, 2), 50, 40, interpolation).min() == 255


def test_antialiasing_averages_what_linear_skips():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::4] = 255
    assert np.ptp(crop_centre(stripes, 64, 64, "antialias")[8:-8, 8:-8]) < np.ptp(crop_centre(stripes, 60, 60)) / 4


def test_pixels_are_normalised_channel_by_channel(make):
    task = make("classification", preprocess={"mean": [0, 0.5, 1], "std": [1, 0.5, 2]})
    feed = task.preprocess(np.full((8, 8, 3), 255, np.uint8)).feeds["x"]
    assert feed.dtype == np.float32
    np.testing.assert_allclose(feed[0, :, 0, 0], [1, 1, 0], atol=1e-6)


def test_a_crop_larger_than_the_image_is_refused(make):
    with pytest.raises(BadInput, match=r"preprocess\.crop_px 300 exceeds preprocess\.shortest_px 256"):
        make("classification", preprocess={"crop_px": 300})
