"""Transforms one after the other."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

ImageInfo: TypeAlias = dict[str, Any]


class Sequential:
    """Hands what it is called with through each transform in turn."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, img: Any) -> Any:
        """Return what the last transform gives."""
        for transform in self.transforms:
            img = transform(img)
        return img


class DetectionSequential:
    """The same for transforms that take and give an image and what is known of it."""

    def __init__(self, transforms: Sequence[Callable[[Any, ImageInfo], tuple[Any, ImageInfo]]]) -> None:
        self.transforms = transforms

    def __call__(self, im: Any) -> tuple[Any, ImageInfo]:
        """Return the image and its `im_shape` and `scale_factor`, each (height, width) as float32."""
        info: ImageInfo = {"scale_factor": np.ones(2, dtype=np.float32), "im_shape": None}
        for transform in self.transforms:
            im, info = transform(im, info)
        return im, info


class Lambda:
    """A function of the caller's own as a transform."""

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        """Return what the function gives."""
        return self.lambd(img)
