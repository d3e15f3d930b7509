import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Label

BLANK = np.zeros((28, 28, 3), np.uint8)


def drawn(size: int = 28) -> np.ndarray:
    picture = np.zeros((size, size, 3), np.uint8)
    picture[:, : size // 2] = 255
    return picture


def test_digits_are_grey_from_0_to_1_and_28_pixels_wide(make) -> None:
    feed = make("digit-recognition").preprocess([drawn(), drawn(280)]).feeds["x"]
    assert feed.shape == (2, 1, 28, 28) and feed.dtype == np.float32
    assert (feed[0] == feed[1]).all()
    assert (feed[0, 0, :, :14] == 1).all() and (feed[0, 0, :, 14:] == 0).all()


def test_dark_ink_is_inverted_where_the_model_wants_light(make) -> None:
    light = make("digit-recognition").preprocess(drawn()).feeds["x"]
    dark = make("digit-recognition", preprocess={"ink": "dark"}).preprocess(255 - drawn()).feeds["x"]
    assert (light == dark).all()


def test_each_image_gets_its_digit(make) -> None:
    task = make("digit-recognition")
    prepared = task.preprocess([BLANK, BLANK])
    answer = task.postprocess({"y": np.array([[0.1, 0.9], [0.7, 0.3]])}, prepared)
    assert answer == [Label("1", 1, 0.9), Label("0", 0, 0.7)]
    with pytest.raises(BadInput, match="1 rows for 2 images"):
        task.postprocess({"y": np.array([[0.1, 0.9]])}, prepared)


def test_numbers_are_no_picture(make) -> None:
    with pytest.raises(BadInput, match="give an RGB image"):
        make("digit-recognition").preprocess(np.zeros((28, 28), np.uint8))
