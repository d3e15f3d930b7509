import numpy as np
import pytest

from serving_kit.errors import BadInput

SAMPLE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def answered(task, rows):
    return task.postprocess({"y": rows[None].astype(np.float32)}, task.preprocess(SAMPLE))


def test_a_picture_goes_in_from_0_to_1_and_comes_out_larger(make) -> None:
    task = make("super-resolution")
    feed = task.preprocess(SAMPLE).feeds["x"]
    assert feed.shape == (1, 4, 6, 3) and feed.dtype == np.float32
    np.testing.assert_allclose(feed[0] * 255, SAMPLE, atol=1e-4)
    answer = answered(task, feed[0].repeat(2, axis=0).repeat(2, axis=1))
    assert answer.scale == 2 and repr(answer) == "Enlarged(6x4 to 12x8)"
    np.testing.assert_array_equal(answer.image[::2, ::2], SAMPLE)
    assert answer.sample is SAMPLE and answer.bicubic.shape == answer.image.shape


def test_what_lies_outside_of_0_to_1_is_cut_off(make) -> None:
    rows = np.zeros((4, 6, 3))
    rows[0], rows[1] = -0.2, 1.3
    answer = answered(make("super-resolution"), rows)
    assert answer.scale == 1 and (answer.image[0] == 0).all() and (answer.image[1] == 255).all()


def test_channels_and_scales_of_another_network_come_back_as_pixels(make) -> None:
    task = make("super-resolution", preprocess={"order": "bgr", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]})
    feed = task.preprocess(SAMPLE).feeds["x"][0]
    assert feed.min() == -1 and feed[0, 0, 0] > feed[0, 0, 2]
    np.testing.assert_array_equal(answered(task, feed).image, SAMPLE)


def test_a_picture_that_is_too_large_is_refused(make) -> None:
    task = make("super-resolution", preprocess={"most_px": 5})
    with pytest.raises(BadInput, match="the image is 6 x 4, 5 px a side are allowed; cut it up"):
        task.preprocess(SAMPLE)


@pytest.mark.parametrize("shape", [(8, 13, 3), (2, 3, 3), (8, 12, 1), (9, 12, 3)])
def test_an_answer_that_is_no_multiple_of_the_picture_is_refused(make, shape) -> None:
    with pytest.raises(BadInput, match="no whole multiple of the image"):
        answered(make("super-resolution"), np.zeros(shape))
