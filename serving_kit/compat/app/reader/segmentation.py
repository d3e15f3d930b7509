"""From a segmentation model's mask to two images beside the one that was asked about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from serving_kit.compat.app.reader.picture import File2Image
from serving_kit.errors import BadInput
from serving_kit.tasks.pixels import Image

_SIDE_PX = 512  # of the mask, which Paddle Serving's two models give


def palette(classes: int) -> Image:
    """Return a colour a class, uint8 [classes, 3]: the bits of its number, three by three, from the highest down.

    It is the colour map of the PASCAL VOC challenge, whose numbers can be told apart by eye.
    """
    numbers = np.arange(classes)
    colours = np.zeros((classes, 3), dtype=np.uint8)
    for step in range(8):
        for channel in range(3):
            bits = (numbers >> (3 * step + channel)) & 1
            colours[:, channel] |= (bits << (7 - step)).astype(np.uint8)
    return colours


class SegPostprocess:
    """Writes a mask of `class_num` classes as `NAME_EXT_mask.png` and, in colours, as `NAME_EXT_result.png`."""

    def __init__(self, class_num: int) -> None:
        self.class_num = class_num

    def __call__(self, image_with_result: Mapping[str, Any]) -> None:
        """Write both beside `filename`, the image asked about; the rest is what `predict` returned.

        The mask holds 512 x 512 class numbers; in colours it has the size of the image.
        """
        if "filename" not in image_with_result:
            raise BadInput("the answer holds no filename; add the path of the image to it")
        found = [value for key, value in image_with_result.items() if key != "filename" and ".lod" not in key]
        if not found or np.size(found[-1]) != _SIDE_PX * _SIDE_PX:
            raise BadInput(f"the answer holds no mask of {_SIDE_PX} x {_SIDE_PX} values; ask the server for it")
        mask = np.asarray(found[-1]).astype(np.uint8).reshape(_SIDE_PX, _SIDE_PX)
        if mask.max() >= self.class_num:
            raise BadInput(
                f"the mask holds class {mask.max()}, but there are {self.class_num}; give class_num of the model"
            )
        path = Path(image_with_result["filename"])
        height, width = File2Image()(path).shape[:2]
        result = cv2.resize(palette(self.class_num)[mask], (width, height), interpolation=cv2.INTER_CUBIC)
        for picture, kind in ((mask, "mask"), (result, "result")):
            content = cv2.imencode(".png", picture)[1].tobytes()
            path.with_name(f"{path.stem}_{path.suffix.removeprefix('.')}_{kind}.png").write_bytes(content)
