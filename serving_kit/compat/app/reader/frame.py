"""Transforms of chosen video frames: each takes and gives a dict whose `imgs` it replaces."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image as Pillow

from serving_kit.errors import BadInput

__all__ = ["Image2Array", "Normalization", "Scale", "TenCrop"]


class Scale:
    """Scales the short side of Pillow images or arrays [H, W, 3] to `short_size`.

    With `fixed_ratio` the long side is four thirds of it, whatever it was; with `keep_ratio` and `do_round` it follows;
    with neither ratio it equals the short one. With `keep_ratio` alone each side is scaled by the factor that belongs
    to the other, as the models were trained.
    """

    def __init__(
        self,
        short_size: int,
        fixed_ratio: bool = True,
        keep_ratio: bool | None = None,
        do_round: bool = False,
        backend: str = "pillow",
    ) -> None:
        if fixed_ratio and keep_ratio:
            raise BadInput("fixed_ratio and keep_ratio exclude each other; set one of them")
        if backend not in ("pillow", "cv2"):
            raise BadInput(f"backend {backend!r} scales no frames; use pillow or cv2")
        self.short_size = short_size
        self.fixed_ratio = fixed_ratio
        self.keep_ratio = keep_ratio
        self.do_round = do_round
        self.backend = backend

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace `imgs` by the scaled ones: arrays for cv2 with `keep_ratio`, else Pillow images."""
        results["imgs"] = [self._scaled(img) for img in results["imgs"]]
        return results

    def _scaled(self, img: Any) -> Any:
        size = self._size(*(img.shape[1::-1] if isinstance(img, np.ndarray) else img.size))
        if self.backend == "pillow":
            picture = Pillow.fromarray(img) if isinstance(img, np.ndarray) else img
            return picture.resize(size, Pillow.Resampling.BILINEAR)
        array = cv2.resize(np.asarray(img), size, interpolation=cv2.INTER_LINEAR)
        return array if self.keep_ratio is not None else Pillow.fromarray(array.astype(np.uint8, copy=False))

    def _size(self, width: int, height: int) -> tuple[int, int]:
        short = self.short_size
        if self.keep_ratio and not self.do_round:
            return int(width * short / height), int(height * short / width)
        if self.keep_ratio:
            factor = short / min(width, height)
            return int(width * factor + 0.5), int(height * factor + 0.5)
        long = int(short * 4 / 3) if self.fixed_ratio else short
        return (short, long) if width <= height else (long, short)


class TenCrop:
    """Cuts four corners and the middle out of each Pillow image, as they are and mirrored."""

    def __init__(self, target_size: int) -> None:
        self.target_size = target_size

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace `imgs` by ten times as many: for each place all images, then all of them mirrored."""
        width, height = results["imgs"][0].size
        size = self.target_size
        if min(width, height) < size:
            raise BadInput(f"frames of {width} x {height} pixels have no crop of {size}; scale them first")
        step_x, step_y = (width - size) // 4, (height - size) // 4
        crops: list[Pillow.Image] = []
        for x, y in ((0, 0), (4, 0), (0, 4), (4, 4), (2, 2)):
            left, top = x * step_x, y * step_y
            cut = [img.crop((left, top, left + size, top + size)) for img in results["imgs"]]
            crops += [*cut, *(img.transpose(Pillow.Transpose.FLIP_LEFT_RIGHT) for img in cut)]
        results["imgs"] = crops
        return results


class Image2Array:
    """Stacks images to one array: frames, channels, height, width (tchw), or channels first (cthw)."""

    def __init__(self, transpose: bool = True, data_format: str = "tchw") -> None:
        if data_format not in ("tchw", "cthw"):
            raise BadInput(f"data_format {data_format!r} is unknown; use tchw or cthw")
        self.transpose = transpose
        self.data_format = data_format

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace `imgs` by float32, [T, H, W, C] without `transpose`."""
        stacked = np.stack([np.asarray(img) for img in results["imgs"]]).astype(np.float32)
        if self.transpose:
            stacked = stacked.transpose((0, 3, 1, 2) if self.data_format == "tchw" else (3, 0, 1, 2))
        results["imgs"] = stacked
        return results


class Normalization:
    """Divides by 255, then takes `mean` and `std`, laid out in `tensor_shape`, out of each channel.

    With `inplace`, `imgs` are arrays [H, W, 3] whose mean and deviation are given in their own scale: nothing is
    divided by 255.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        tensor_shape: Sequence[int] = (3, 1, 1),
        inplace: bool = False,
    ) -> None:
        for name, values in (("mean", mean), ("std", std)):
            if not isinstance(values, Sequence):
                raise TypeError(f"{name} must be a list or a tuple, not {type(values).__name__}")
        self.inplace = inplace
        shape = (1, 1, 1, 3) if inplace else tuple(tensor_shape)
        self.mean = np.array(mean, dtype=np.float32).reshape(shape)
        self.std = np.array(std, dtype=np.float32).reshape(shape)

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """Replace `imgs` by float32 of the same shape."""
        stacked = np.asarray(results["imgs"], dtype=np.float32)
        scaled = stacked if self.inplace else stacked / np.float32(255)
        results["imgs"] = (scaled - self.mean) / self.std
        return results
