"""From RGB images to the float tensors that vision models want."""

from collections.abc import Sequence
from math import ceil
from typing import Annotated, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from serving_kit.errors import BadInput
from serving_kit.tasks.task import Parameters

Image: TypeAlias = NDArray[np.uint8]
Planes: TypeAlias = NDArray[np.float32]
Triple: TypeAlias = tuple[float, float, float]
Positive: TypeAlias = Annotated[float, Field(gt=0)]

IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
IMAGENET_STD: Triple = (0.229, 0.224, 0.225)


class Normalisation(Parameters):
    """How pixels become floats: (pixel / 255 - mean) / std, channel by channel in the model's own order."""

    order: Literal["rgb", "bgr"] = Field("rgb", description="of the model's channels; our images are RGB")
    mean: Triple = IMAGENET_MEAN
    std: tuple[Positive, Positive, Positive] = IMAGENET_STD


def as_image(sample: object) -> Image:
    """Return the sample if it is an RGB image, uint8 [H, W, 3]; BadInput says what it is instead."""
    if not isinstance(sample, np.ndarray):
        raise BadInput(f"the sample is a {type(sample).__name__}; give an RGB image as a uint8 array [H, W, 3]")
    if sample.dtype != np.uint8 or sample.ndim != 3 or sample.shape[2] != 3 or not sample.size:
        raise BadInput(f"the sample is {sample.dtype} {list(sample.shape)}; give an RGB image as uint8 [H, W, 3]")
    return sample


def as_images(sample: object) -> list[Image]:
    """Return one image or a sequence of images as a list; BadInput for none."""
    images = [as_image(one) for one in sample] if isinstance(sample, Sequence) else [as_image(sample)]
    if not images:
        raise BadInput("the sample holds no images; give at least one")
    return images


def to_planes(image: Image, normalisation: Normalisation) -> Planes:
    """Return float32 [3, H, W], as Paddle, ONNX and PyTorch have it."""
    return np.ascontiguousarray(to_rows(image, normalisation).transpose(2, 0, 1))


def to_rows(image: Image, normalisation: Normalisation) -> Planes:
    """Return float32 [H, W, 3], as TensorFlow has it."""
    mean, std = (np.array(triple, dtype=np.float32) for triple in (normalisation.mean, normalisation.std))
    channels = image if normalisation.order == "rgb" else image[:, :, ::-1]
    return np.ascontiguousarray((channels * np.float32(1 / 255) - mean) / std)


def resize(image: Image, width: int, height: int) -> Image:
    """Resize bilinearly as OpenCV does, which is what Paddle's vision models were trained with."""
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def line_width(image: Image, height: int) -> int:
    """Return the width in pixels that a line of text has at this height."""
    return ceil(height * image.shape[1] / image.shape[0])


def to_line(image: Image, height: int, width: int, normalisation: Normalisation) -> Planes:
    """Return float32 [3, height, width]: the line at full height, squeezed if too wide, else zeros at its right."""
    planes = to_planes(resize(image, min(width, line_width(image, height)), height), normalisation)
    return np.pad(planes, ((0, 0), (0, 0), (0, width - planes.shape[2])))
