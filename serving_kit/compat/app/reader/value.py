"""Transforms of pixel values: channel order, scale and mean."""

from collections.abc import Sequence

import numpy as np

from serving_kit.tasks.pixels import Planes
from serving_kit.tasks.task import Numbers


class RGB2BGR:
    """Turns the channels of [H, W, 3] around."""

    def __call__(self, img: Numbers) -> Numbers:
        """Return a view with the last axis reversed."""
        return img[:, :, ::-1]


class BGR2RGB(RGB2BGR):
    """The same the other way."""


class Div:
    """Divides by a number."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, img: Numbers) -> Numbers:
        """Return float32."""
        return img.astype(np.float32) / np.float32(self.value)


class Normalize:
    """Takes each channel's mean away and divides by its standard deviation."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], channel_first: bool = False) -> None:
        self.mean = mean
        self.std = std
        self.channel_first = channel_first

    def __call__(self, img: Numbers) -> Planes:
        """Return float32 of the same shape: [3, H, W] where channels come first, else [H, W, 3]."""
        return standardised(img, self.mean, self.std, (3, 1, 1) if self.channel_first else (1, 1, 3))


def standardised(img: Numbers, mean: Sequence[float], std: Sequence[float], shape: Sequence[int]) -> Planes:
    """Return (img - mean) / std as float32, mean and std laid out in `shape`."""
    means, deviations = (np.asarray(values, dtype=np.float64).reshape(shape) for values in (mean, std))
    standard: Planes = img.astype(np.float32)
    standard -= means  # in place, so that each step rounds to float32: the old clients' very bits
    standard /= deviations
    return standard
