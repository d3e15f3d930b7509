import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Label
from serving_kit.tasks.text_orientation import upright


def test_each_line_gets_its_angle(make):
    task = make("text-orientation")
    prepared = task.preprocess([np.zeros((24, 48, 3), np.uint8), np.zeros((10, 400, 3), np.uint8)])
    assert prepared.feeds["x"].shape == (2, 3, 48, 192)
    answer = task.postprocess({"y": np.array([[0.9, 0.1], [0.2, 0.8]])}, prepared)
    assert answer == [Label("0", 0, 0.9), Label("180", 1, 0.8)]
    with pytest.raises(BadInput, match="1 lines; 2 were asked"):
        task.postprocess({"y": np.array([[0.9, 0.1]])}, prepared)


def test_channels_are_flipped_for_a_model_that_wants_bgr(make):
    red = np.zeros((48, 192, 3), np.uint8)
    red[:, :, 0] = 255
    for order, plane in (("rgb", 0), ("bgr", 2)):
        feed = make("text-orientation", preprocess={"order": order}).preprocess(red).feeds["x"][0]
        assert (feed[plane] == 1).all()
        assert (np.delete(feed, plane, axis=0) == -1).all()


def test_a_line_is_turned_only_where_the_model_is_sure():
    line = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert (upright(line, Label("180", 1, 0.95)) == line[::-1, ::-1]).all()
    assert upright(line, Label("180", 1, 0.85)) is line
    assert upright(line, Label("0", 0, 0.99)) is line
