"""Transforms of size and layout: arrays [H, W, C] unless said otherwise."""

from collections.abc import Sequence

import cv2
import numpy as np

from serving_kit.errors import BadInput
from serving_kit.tasks.task import Numbers

NO_LIMIT = 2147483647


class Resize:
    """`size` is the short side in pixels, or (width, height); `max_size` limits the long side."""

    def __init__(self, size: int | Sequence[int], max_size: int = NO_LIMIT, interpolation: int | None = None) -> None:
        self.size = size
        self.max_size = max_size
        self.interpolation = interpolation

    def __call__(self, img: Numbers) -> Numbers:
        """Return the resized image; bilinear where no OpenCV interpolation, or 0, is named, as in Paddle Serving."""
        if isinstance(self.size, int):
            width, height = short_side(img, self.size, self.max_size)
        else:
            width, height = (min(side, self.max_size) for side in self.size)
        return cv2.resize(img, (width, height), interpolation=self.interpolation or cv2.INTER_LINEAR)


def short_side(img: Numbers, size: int, max_size: int = NO_LIMIT) -> tuple[int, int]:
    """Return the (width, height) at which the short side is `size` and the long one at most `max_size`."""
    height, width = img.shape[:2]
    factor = size / min(height, width)
    if round(factor * max(height, width)) > max_size:
        factor = max_size / max(height, width)
    return round(width * factor), round(height * factor)


class CenterCrop:
    """Keeps the middle square of `size` pixels."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, img: Numbers) -> Numbers:
        """Return [size, size, C]; BadInput where the image is smaller."""
        return centre(img, self.size)


def centre(img: Numbers, size: int) -> Numbers:
    """Return the middle square of an image; an odd pixel stays at the right and at the bottom."""
    height, width = img.shape[:2]
    if min(height, width) < size:
        raise BadInput(f"an image of {width} x {height} pixels has no middle of {size}; resize it first")
    top, left = (height - size) // 2, (width - size) // 2
    return img[top : top + size, left : left + size]


class Transpose:
    """Reorders the axes, e.g. (2, 0, 1) for channels first."""

    def __init__(self, transpose_target: Sequence[int]) -> None:
        self.transpose_target = transpose_target

    def __call__(self, img: Numbers) -> Numbers:
        """Return a view with the axes in their new order."""
        return img.transpose(self.transpose_target)


class ResizeByFactor:
    """Makes both sides multiples of `factor`, the long one at most `max_side_len`.

    A side that is none yet goes down by one step more than to the multiple below it, as Paddle Serving's OCR models
    expect.
    """

    def __init__(self, factor: int = 32, max_side_len: int = 2400) -> None:
        self.factor = factor
        self.max_side_len = max_side_len

    def __call__(self, img: Numbers) -> Numbers:
        """Return the resized image."""
        height, width = img.shape[:2]
        ratio = min(1.0, self.max_side_len / max(height, width))
        return cv2.resize(img, (self._fitted(int(width * ratio)), self._fitted(int(height * ratio))))

    def _fitted(self, side: int) -> int:
        if side and side % self.factor == 0:
            return side
        return max(1, side // self.factor - 1) * self.factor


class PadStride:
    """Adds zeros at the right and at the bottom of [C, H, W] up to multiples of `stride`; 0 adds none."""

    def __init__(self, stride: int) -> None:
        self.coarsest_stride = stride

    def __call__(self, img: Numbers) -> Numbers:
        """Return float32 [C, H', W'], or the image itself for stride 0."""
        return padded(img, self.coarsest_stride)


def padded(img: Numbers, stride: int) -> Numbers:
    """Return [C, H, W] with zeros up to multiples of `stride` as float32."""
    if stride <= 0:
        return img
    height, width = (-side % stride for side in img.shape[1:])
    return np.pad(img.astype(np.float32, copy=False), ((0, 0), (0, height), (0, width)))
