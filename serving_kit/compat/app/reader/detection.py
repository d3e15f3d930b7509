"""Transforms for detectors: each takes an image and what is known of it, and gives both."""

from collections.abc import Sequence

import cv2
import numpy as np

from serving_kit.compat.app.reader.chain import ImageInfo
from serving_kit.compat.app.reader.geometry import padded
from serving_kit.compat.app.reader.picture import File2Image
from serving_kit.compat.app.reader.value import standardised
from serving_kit.errors import BadInput
from serving_kit.tasks.task import Numbers

Both = tuple[Numbers, ImageInfo | None]


class DetectionFile2Image:
    """A path becomes the image in that file, in RGB."""

    def __call__(self, img_path: str, im_info: ImageInfo | None = None) -> Both:
        """Return RGB uint8 [H, W, 3] and its shape."""
        image = np.ascontiguousarray(File2Image()(img_path)[:, :, ::-1])
        if im_info is not None:
            im_info["im_shape"] = np.array(image.shape[:2], dtype=np.float32)
            im_info["scale_factor"] = np.ones(2, dtype=np.float32)
        return image, im_info


class DetectionBGR2RGB:
    """Turns the channels of [H, W, 3] around."""

    def __call__(self, img: Numbers, img_info: ImageInfo | None = None) -> Both:
        """Return a view with the last axis reversed."""
        return img[:, :, ::-1], img_info


class DetectionDiv:
    """Divides by a number."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __call__(self, img: Numbers, img_info: ImageInfo | None = None) -> Both:
        """Return float32."""
        return img.astype(np.float32) / np.float32(self.value), img_info


class DetectionNormalize:
    """Divides [H, W, 3] by 255 where `is_scale`, then takes mean and standard deviation out of each channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], is_scale: bool = True) -> None:
        self.mean = mean
        self.std = std
        self.is_scale = is_scale

    def __call__(self, im: Numbers, im_info: ImageInfo | None = None) -> Both:
        """Return float32."""
        scaled = im.astype(np.float32) / np.float32(255) if self.is_scale else im
        return standardised(scaled, self.mean, self.std, (1, 1, 3)), im_info


class DetectionResize:
    """Resizes to `target_size`: one number for both sides, or (height, width).

    With `keep_ratio` the image is as large as it can be with its short side at most the smaller and its long side at
    most the larger of the two.
    """

    def __init__(
        self, target_size: int | Sequence[int], keep_ratio: bool = True, interpolation: int = cv2.INTER_LINEAR
    ) -> None:
        self.target_size = (target_size, target_size) if isinstance(target_size, int) else tuple(target_size)
        self.keep_ratio = keep_ratio
        self.interpolation = interpolation
        if len(self.target_size) != 2 or min(self.target_size) <= 0:
            raise BadInput(f"target_size {target_size} is no size; give one number or (height, width) above 0")

    def __call__(self, im: Numbers, im_info: ImageInfo | None = None) -> Both:
        """Return the image, its new `im_shape` and the `scale_factor` (vertical, horizontal)."""
        scale_y, scale_x = self.generate_scale(im)
        resized = cv2.resize(im, None, fx=scale_x, fy=scale_y, interpolation=self.interpolation)
        if im_info is not None:
            im_info["im_shape"] = np.array(resized.shape[:2], dtype=np.float32)
            im_info["scale_factor"] = np.array([scale_y, scale_x], dtype=np.float32)
        return resized, im_info

    def generate_scale(self, im: Numbers) -> tuple[float, float]:
        """Return the vertical and the horizontal factor."""
        height, width = im.shape[:2]
        if not self.keep_ratio:
            return self.target_size[0] / height, self.target_size[1] / width
        scale = min(self.target_size) / min(height, width)
        if round(scale * max(height, width)) > max(self.target_size):
            scale = max(self.target_size) / max(height, width)
        return scale, scale


class DetectionTranspose:
    """Reorders the axes, e.g. (2, 0, 1) for channels first."""

    def __init__(self, transpose_target: Sequence[int]) -> None:
        self.transpose_target = transpose_target

    def __call__(self, im: Numbers, im_info: ImageInfo | None = None) -> Both:
        """Return a view with the axes in their new order."""
        return im.transpose(self.transpose_target), im_info


class DetectionPadStride:
    """Adds zeros at the right and at the bottom of [C, H, W] up to multiples of `stride`; 0 adds none."""

    def __init__(self, stride: int = 0) -> None:
        self.coarsest_stride = stride

    def __call__(self, im: Numbers, im_info: ImageInfo | None = None) -> Both:
        """Return float32 [C, H', W'], or the image itself for stride 0."""
        return padded(im, self.coarsest_stride), im_info
