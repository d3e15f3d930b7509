from typing import Any

import numpy as np

from serving_kit.compat.app.reader import DetectionSequential, Lambda, Sequential


def test_each_transform_gets_what_the_one_before_gave() -> None:
    assert Sequential([Lambda(lambda value: value + 1), Lambda(lambda value: value * 10)])(2) == 30
    assert Sequential([])("as it is") == "as it is"


def test_detection_transforms_hand_on_what_is_known_of_the_image() -> None:
    def halve(image: Any, info: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return image / 2, info | {"scale_factor": info["scale_factor"] / 2}

    image, info = DetectionSequential([halve, halve])(np.float32(8))
    assert image == 2
    assert info["im_shape"] is None
    assert info["scale_factor"].tolist() == [0.25, 0.25]
    assert info["scale_factor"].dtype == np.float32
