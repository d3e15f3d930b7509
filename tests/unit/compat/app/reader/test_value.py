import numpy as np

from serving_kit.compat.app.reader import BGR2RGB, RGB2BGR, Div, Normalize

PIXEL = np.array([[[10, 20, 30]]], dtype=np.uint8)


def test_channels_turn_around() -> None:
    assert RGB2BGR()(PIXEL).tolist() == BGR2RGB()(PIXEL).tolist() == [[[30, 20, 10]]]


def test_pixels_are_divided_as_floats() -> None:
    divided = Div(10)(PIXEL)
    assert (divided.tolist(), divided.dtype) == ([[[1, 2, 3]]], np.float32)


def test_mean_and_deviation_go_by_channel() -> None:
    plain = Normalize([10, 10, 10], [1, 2, 4])(PIXEL)
    assert (plain.tolist(), plain.dtype) == ([[[0, 5, 5]]], np.float32)
    assert PIXEL.tolist() == [[[10, 20, 30]]], "the caller's image stays as it is"
    planes = PIXEL.transpose(2, 0, 1)
    assert Normalize([10, 10, 10], [1, 2, 4], channel_first=True)(planes).ravel().tolist() == [0, 5, 5]
