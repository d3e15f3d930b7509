"""How near a picture comes to another of the same size: PSNR and SSIM."""

import cv2
import numpy as np
from numpy.typing import NDArray

from serving_kit.errors import BadInput
from serving_kit.tasks.pixels import Image, as_image

_WINDOW, _SIGMA_PX = (11, 11), 1.5
_STEADY = ((0.01 * 255) ** 2, (0.03 * 255) ** 2)  # Wang et al. (2004), section III-B, as are the window and its sigma


def psnr_db(image: Image, other: Image) -> float:
    """Return the peak signal-to-noise ratio in dB over all three channels; 361 for equal pictures, as OpenCV has it."""
    _check_pair(image, other)
    return float(cv2.PSNR(image, other))


def ssim(image: Image, other: Image) -> float:
    """Return the structural similarity of two pictures' brightness, 1 for equal ones; the rim of 5 px is left out."""
    _check_pair(image, other)
    if min(image.shape[:2]) < _WINDOW[0]:
        raise BadInput(f"the pictures are {list(image.shape)}; SSIM looks through windows of {_WINDOW[0]} px")
    one, two = (cv2.cvtColor(each, cv2.COLOR_RGB2GRAY).astype(np.float64) for each in (image, other))
    mean_one, mean_two = _blur(one), _blur(two)
    spread = _blur(one * one) - mean_one**2 + _blur(two * two) - mean_two**2
    shared = _blur(one * two) - mean_one * mean_two
    light = (2 * mean_one * mean_two + _STEADY[0]) / (mean_one**2 + mean_two**2 + _STEADY[0])
    return float(np.mean((light * (2 * shared + _STEADY[1]) / (spread + _STEADY[1]))[5:-5, 5:-5]))


def _blur(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(plane, _WINDOW, _SIGMA_PX), dtype=np.float64)


def _check_pair(image: Image, other: Image) -> None:
    if as_image(image).shape != as_image(other).shape:
        raise BadInput(f"the pictures are {list(image.shape)} and {list(other.shape)}; compare two of one size")
