"""`ImageReader`: an image file's bytes straight to what an ImageNet classifier takes."""

from collections.abc import Sequence

import cv2

from serving_kit.compat.app.reader.geometry import centre, short_side
from serving_kit.compat.app.reader.picture import decode
from serving_kit.compat.app.reader.value import standardised
from serving_kit.errors import Unsupported
from serving_kit.tasks.pixels import IMAGENET_MEAN, IMAGENET_STD, Planes
from serving_kit.tasks.task import Numbers


class ImageReader:
    """The short side becomes `resize_short_size`, then the middle square of `image_shape` is kept."""

    def __init__(  # noqa: PLR0917 - the old signature
        self,
        image_shape: Sequence[int] = (3, 224, 224),
        image_mean: Sequence[float] = IMAGENET_MEAN,
        image_std: Sequence[float] = IMAGENET_STD,
        resize_short_size: int = 256,
        interpolation: int | None = None,
        crop_center: bool = True,
    ) -> None:
        if not crop_center:
            raise Unsupported("crops at random are for training; leave crop_center out")
        self.image_shape = image_shape
        self.image_mean = image_mean
        self.image_std = image_std
        self.resize_short_size = resize_short_size
        self.interpolation = interpolation

    def process_image(self, sample: bytes) -> Planes:
        """Return RGB float32 [3, size, size] of an image file's content; BadInput for what is no image."""
        image: Numbers = decode(sample, f"the sample of {len(sample)} bytes")
        size = self.image_shape[1]
        if size > 0:
            method = self.interpolation or cv2.INTER_LINEAR
            image = cv2.resize(image, short_side(image, self.resize_short_size), interpolation=method)
            image = centre(image, size)
        planes = image[:, :, ::-1].transpose(2, 0, 1).astype("float32") / 255
        return standardised(planes, self.image_mean, self.image_std, (3, 1, 1))
