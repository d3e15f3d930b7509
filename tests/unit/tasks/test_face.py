import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.drawing import draw
from serving_kit.tasks.face import Face, FaceCrop, crop_face, middle_of, to_face_rows, turn_upright


def ramp(height: int, width: int) -> np.ndarray:
    """A picture whose red is its column and whose green is its row."""
    rows, columns = np.indices((height, width))
    return np.stack([columns, rows, np.zeros_like(rows)], axis=-1).astype(np.uint8)


def test_a_crop_is_a_square_around_the_middle_of_the_box():
    crop = crop_face(ramp(100, 200), (80, 40, 100, 50), margin=0.5)
    assert crop.shape == (30, 30, 3)
    assert crop[0, 0].tolist() == [75, 30, 0]
    assert crop[-1, -1].tolist() == [104, 59, 0]


def test_a_crop_over_the_edge_repeats_the_edge():
    crop = crop_face(ramp(50, 60), (-10, 40, 10, 60), margin=0)
    assert crop.shape == (20, 20, 3)
    assert crop[0, :11, 0].tolist() == [0] * 11
    assert crop[-1, -1].tolist() == [9, 49, 0]


def test_eyes_stand_level_after_turning():
    image = np.zeros((80, 80, 3), np.uint8)
    image[48:52, 58:62] = (255, 0, 0)  # the left eye, at our right and lower
    image[28:32, 18:22] = (0, 255, 0)
    turned = turn_upright(image, left_eye=(60, 50), right_eye=(20, 30))
    rows = [np.argwhere(turned[:, :, channel] > 100)[:, 0].mean() for channel in (0, 1)]
    assert rows == pytest.approx([40, 40], abs=1)
    assert turned.shape == image.shape and turned.dtype == np.uint8


def test_the_model_sees_the_middle_of_the_crop():
    assert middle_of(ramp(100, 100), share=0.5, size_px=50)[0, 0].tolist() == [25, 25, 0]
    rows = to_face_rows(ramp(8, 8), FaceCrop(size_px=8, mean=(0, 0, 0), std=(1 / 255,) * 3, order="bgr"))
    assert rows.shape == (8, 8, 3) and rows.dtype == np.float32
    assert rows[2, 5].tolist() == pytest.approx([0, 2, 5], abs=1e-4)
    with pytest.raises(BadInput, match="give an RGB image"):
        to_face_rows("photo.jpg", FaceCrop())


def test_a_face_can_be_drawn_and_told():
    face = Face(0.875, (10.0, 12.0, 30.0, 32.0), (("nose", (20.0, 22.0)),))
    assert repr(face) == "Face(box=(10,12,30,32), score=0.875)"
    assert face.as_dict()["points"] == (("nose", (20.0, 22.0)),)
    drawn = draw(np.zeros((64, 64, 3), np.uint8), [face])
    assert drawn[12, 20].any() and not drawn[22, 20].any()
