import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import face_pyramid
from serving_kit.tasks.face_pyramid import Level


def test_levels_shrink_until_the_window_no_longer_fits() -> None:
    found = face_pyramid.levels(96, 48, least_px=12, shrink=0.5)
    assert [(level.scale, level.width, level.height) for level in found] == [(1, 97, 49), (0.5, 49, 25), (0.25, 25, 13)]


def test_levels_stand_side_by_side_at_even_columns() -> None:
    found = face_pyramid.levels(96, 48, least_px=12, shrink=0.5)
    assert [level.left for level in found] == [0, 98, 148]


def test_a_picture_smaller_than_the_least_face_is_refused() -> None:
    with pytest.raises(BadInput, match="the image is 96 x 20 px, less than a face of 24 px; lower least_px"):
        face_pyramid.levels(96, 20, least_px=24, shrink=0.5)


def test_the_canvas_holds_every_level_and_grey_between() -> None:
    image = np.full((48, 96, 3), 200, np.uint8)
    canvas = face_pyramid.draw(image, face_pyramid.levels(96, 48, least_px=12, shrink=0.5))
    assert canvas.shape == (49, 173, 3)
    assert (canvas[:, :97] == 200).all() and (canvas[:25, 98:147] == 200).all() and (canvas[:13, 148:] == 200).all()
    assert (canvas[:, 97] == 127).all() and (canvas[25:, 98:] == 127).all()


def test_a_window_is_found_where_it_stands_in_the_picture() -> None:
    odds, edges = np.zeros((10, 30), np.float32), np.zeros((4, 10, 30), np.float32)
    odds[3, 12] = 0.9
    edges[:, 3, 12] = [0.1, 0.2, 0.3, 0.4]
    boxes, scores, moves = face_pyramid.windows(Level(0.5, 20, 24, 20), odds, edges, 0.6)
    # Two answers of 2 px to the right of the level's first one and three below, at half the picture's scale.
    np.testing.assert_allclose(boxes, [[(4 + 1) * 2, (6 + 1) * 2, (4 + 12) * 2, (6 + 12) * 2]])
    assert scores == pytest.approx([0.9])
    np.testing.assert_allclose(moves, [[0.1, 0.2, 0.3, 0.4]], rtol=1e-6)


@pytest.mark.parametrize(("row", "column"), [(3, 9), (3, 17), (5, 12)])
def test_windows_that_reach_out_of_their_level_do_not_count(row: int, column: int) -> None:
    odds = np.zeros((10, 30), np.float32)
    odds[row, column] = 0.9
    boxes, _, _ = face_pyramid.windows(Level(0.5, 20, 24, 20), odds, np.zeros((4, 10, 30), np.float32), 0.6)
    assert boxes.shape == (0, 4)
