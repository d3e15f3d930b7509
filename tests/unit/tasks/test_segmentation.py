import numpy as np
import pytest

from serving_kit import tasks
from serving_kit.errors import BadInput
from serving_kit.tasks.segmentation import Mask, blend

PHOTO = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


@pytest.fixture
def task(make):
    return make(
        "segmentation", preprocess={"width_px": 3, "height_px": 2}, postprocess={"least_score": 0.6}, outputs=("mask",)
    )


def mask(*rows: list[float]) -> Mask:
    return Mask(np.array(rows, np.float32), 0.5)


def test_an_image_goes_in_with_its_channels_last(task):
    (feed,) = task.preprocess(np.full((4, 6, 3), (0, 51, 255), np.uint8)).feeds.values()
    assert feed.shape == (1, 2, 3, 3)
    np.testing.assert_allclose(feed[0, 1, 2], [0, 0.2, 1], rtol=1e-6)


def test_the_mask_has_the_samples_size_and_its_threshold(task):
    scores = np.array([[0, 0, 1], [0, 0, 1]], np.float32).reshape(1, 2, 3, 1)
    answer = task.postprocess({"mask": scores}, task.preprocess(PHOTO))
    assert answer.scores.shape == (4, 6)
    assert answer.foreground.tolist() == [[False] * 4 + [True] * 2] * 4  # 0, 0, 0, 0.25, 0.75, 1 from left to right
    assert repr(answer) == "Mask(6x4, 33.3% foreground)"


def test_an_answer_with_more_than_one_channel_is_no_mask(task):
    with pytest.raises(BadInput, match="has 2 channels; a mask has one"):
        task.postprocess({"mask": np.zeros((1, 2, 3, 2))}, task.preprocess(PHOTO))


def test_a_pixel_half_sure_is_half_of_each():
    image, background = np.full((1, 3, 3), 200, np.uint8), np.full((1, 3, 3), 100, np.uint8)
    assert blend(image, mask([0, 0.5, 1]), background)[0, :, 0].tolist() == [100, 150, 200]


def test_what_is_cut_out_stands_before_a_colour():
    image = np.full((1, 2, 3), 7, np.uint8)
    assert tasks.cut_out(image, mask([1, 0]), (1, 2, 3)).tolist() == [[[7, 7, 7], [1, 2, 3]]]
    assert tasks.cut_out(image, mask([1, 0]))[0, 1].tolist() == [255, 255, 255]


def test_only_the_background_is_blurred():
    edge = np.zeros((8, 8, 3), np.uint8)
    edge[:, 4:] = 240
    blurred = tasks.blur_background(edge, Mask(np.repeat([[1.0], [0.0]], 4, axis=0).repeat(8, 1), 0.5), sigma_px=2)
    np.testing.assert_array_equal(blurred[:4], edge[:4])
    assert 0 < blurred[6, 3, 0] < blurred[6, 4, 0] < 240


def test_sizes_have_to_agree():
    with pytest.raises(BadInput, match="make them one size"):
        blend(PHOTO, mask([1.0]), PHOTO)
