import pytest

from serving_kit.convert.tfjs.ops.window import Window, same


@pytest.mark.parametrize(
    ("length", "window", "stride", "dilation", "pads"),
    [
        (256, 3, 2, 1, (0, 1)),  # an odd zero goes behind
        (225, 3, 2, 1, (1, 1)),
        (5, 3, 1, 1, (1, 1)),
        (5, 2, 1, 1, (0, 1)),
        (7, 1, 2, 1, (0, 0)),  # a window smaller than its step needs none
        (8, 3, 1, 2, (2, 2)),
        (13, 6, 5, 1, (1, 2)),
    ],
)
def test_same_padding_makes_as_many_places_as_steps_begin(length, window, stride, dilation, pads):
    assert same(length, window, stride, dilation) == pads
    reach = (window - 1) * dilation + 1
    assert (length + sum(pads) - reach) // stride + 1 == -(-length // stride)


@pytest.mark.parametrize(
    ("length", "pads", "over"),
    [(8, (0, 1), True), (9, (1, 1), False), (9, (0, 0), True), (8, (0, 0), False)],
)
def test_padding_may_be_just_what_the_last_window_lacks(length, pads, over):
    window = Window((3, 3), (2, 2), (1, 1), (pads, pads))
    assert window.runs_over(length, length) is over
