import numpy as np
import pytest

from serving_kit.errors import ModelFileError

IMAGE = np.arange(1, 17, dtype=np.float32).reshape(1, 4, 4, 1)
ONE = (1, 1, 1, 1)
TWO = (1, 2, 2, 1)


def naive(image: np.ndarray, filters: np.ndarray, pads: tuple[int, int], stride: int) -> np.ndarray:
    """Convolve [1, H, W, C] by [h, w, C, out] the long way."""
    padded = np.pad(image[0], (pads, pads, (0, 0)))
    height, width = filters.shape[:2]
    rows = range(0, padded.shape[0] - height + 1, stride)
    columns = range(0, padded.shape[1] - width + 1, stride)
    spots = [[np.einsum("hwc,hwco->o", padded[y : y + height, x : x + width], filters) for x in columns] for y in rows]
    return np.array(spots, np.float32)[None]


@pytest.mark.parametrize(
    ("strides", "padding", "pads"), [(ONE, "SAME", (1, 1)), (TWO, "SAME", (0, 1)), (TWO, "VALID", (0, 0))]
)
def test_a_convolution_pads_as_tensorflow_does(compute, strides, padding, pads):
    filters = np.random.default_rng(0).normal(size=(3, 3, 1, 2)).astype(np.float32)
    answer = compute("Conv2D", IMAGE, weights={"w": filters}, strides=strides, padding=padding)
    np.testing.assert_allclose(answer, naive(IMAGE, filters, pads, strides[1]), rtol=1e-5)


def test_explicit_padding_is_taken_as_it_is_said(compute):
    filters = np.ones((1, 1, 1, 1), np.float32)
    padding = (0, 0, 1, 0, 0, 2, 0, 0)
    answer = compute(
        "Conv2D", IMAGE, weights={"w": filters}, strides=ONE, padding="EXPLICIT", explicit_paddings=padding
    )
    np.testing.assert_array_equal(answer, np.pad(IMAGE, ((0, 0), (1, 0), (0, 2), (0, 0))))


def test_a_fused_convolution_adds_its_bias_and_bends(compute):
    weights = {"w": np.ones((1, 1, 1, 2)), "b": [-8.0, 0.0], "a": np.array([0.5, 0.5]).reshape(1, 1, 2)}
    answer = compute(
        "_FusedConv2D", IMAGE, weights=weights, strides=ONE, padding="SAME", fused_ops=("BiasAdd", "Prelu")
    )
    moved = IMAGE - 8
    np.testing.assert_allclose(answer, np.concatenate([np.where(moved < 0, moved / 2, moved), IMAGE], axis=3))
    with pytest.raises(ModelFileError, match="is fused with Erf, which has no translation"):
        compute("_FusedConv2D", IMAGE, weights=weights, strides=ONE, padding="SAME", fused_ops=("BiasAdd", "Erf"))


def test_a_depthwise_convolution_keeps_channels_apart(compute):
    image = np.concatenate([IMAGE, -IMAGE], axis=3)
    filters = np.array([1.0, 10, 100, 1000]).reshape(1, 1, 2, 2)
    answer = compute("DepthwiseConv2dNative", image, weights={"w": filters}, strides=ONE, padding="VALID")
    np.testing.assert_array_equal(answer, np.concatenate([IMAGE, IMAGE * 10, IMAGE * -100, IMAGE * -1000], axis=3))


@pytest.mark.parametrize(("size", "window"), [(8, 3), (8, 2), (7, 3), (8, 1)])
def test_a_transposed_convolution_is_the_gradient_of_a_convolution(compute, size, window):
    """<conv(x), y> == <x, transposed(y)> for every x, so unit vectors show the whole of it."""
    filters = np.random.default_rng(1).normal(size=(window, window, 1, 1)).astype(np.float32)
    places = -(-size // 2)
    total = max(0, (places - 1) * 2 + window - size)
    gradient = np.random.default_rng(2).normal(size=(1, places, places, 1)).astype(np.float32)
    units = np.eye(size * size, dtype=np.float32).reshape(-1, 1, size, size, 1)
    expected = [(naive(unit, filters, (total // 2, total - total // 2), 2) * gradient).sum() for unit in units]
    shape = {"shape": [1, size, size, 1], "w": filters}
    answer = compute("Conv2DBackpropInput", gradient, weights=shape, order="shape w x", strides=TWO, padding="SAME")
    np.testing.assert_allclose(answer.ravel(), expected, rtol=1e-4, atol=1e-5)


def test_pools_leave_padding_out(compute):
    window = {"ksize": (1, 3, 3, 1), "strides": TWO, "padding": "SAME"}
    assert compute("MaxPool", -IMAGE, **window).ravel().tolist() == [-1, -3, -9, -11]
    assert compute("AvgPool", IMAGE, **window).ravel().tolist() == [6, 7.5, 12, 13.5]


def test_bilinear_pixels_are_squares_or_points(compute):
    row = np.array([0, 4], np.float32).reshape(1, 1, 2, 1)
    squares = compute("ResizeBilinear", row, weights={"size": [1, 4]}, half_pixel_centers=True, align_corners=False)
    points = compute("ResizeBilinear", row, weights={"size": [1, 4]}, half_pixel_centers=False, align_corners=False)
    assert (squares.ravel().tolist(), points.ravel().tolist()) == ([0, 1, 3, 4], [0, 2, 4, 4])


def test_nearest_pixels_are_repeated_a_whole_number_of_times(compute):
    answer = compute("ResizeNearestNeighbor", IMAGE, weights={"size": [8, 8]})
    np.testing.assert_array_equal(answer, IMAGE.repeat(2, axis=1).repeat(2, axis=2))
    with pytest.raises(ModelFileError, match=r"resizes \[4, 4\] to \[6, 6\]; only whole multiples"):
        compute("ResizeNearestNeighbor", IMAGE, weights={"size": [6, 6]})


def test_images_with_channels_first_are_refused_by_name(compute):
    with pytest.raises(ModelFileError, match="MaxPool 'y' has data_format NCHW; only NHWC"):
        compute("MaxPool", IMAGE, ksize=TWO, strides=TWO, padding="VALID", data_format="NCHW")
