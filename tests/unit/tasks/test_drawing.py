import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks import Region, TextBox, draw

BOX = TextBox(((20, 40), (80, 40), (80, 60), (20, 60)), 0.9)


@pytest.fixture
def grey():
    return np.full((120, 160, 3), 128, np.uint8)


def test_a_copy_is_drawn_on(grey):
    picture = draw(grey, [BOX])
    assert picture.shape == grey.shape
    assert (grey == 128).all()
    assert (picture[40, 20:81] != 128).any(axis=1).all()  # the upper side
    assert (picture[45:56, 30:70] == 128).all()  # the inside stays visible


def test_labels_have_colours_of_their_own(grey):
    title, text = Region("title", 0.9, (10, 30, 60, 50)), Region("text", 0.9, (10, 80, 60, 100))
    picture = draw(grey, [title, text, Region("text", 0.8, (100, 80, 140, 100))], ["", "", ""])
    assert picture[30, 40].tolist() != picture[80, 40].tolist() == picture[80, 120].tolist()


def test_captions_avoid_other_shapes(grey):
    below = TextBox(((20, 62), (80, 62), (80, 82), (20, 82)), 0.9)
    picture = draw(grey, [BOX, below], ["first", "second"])
    assert (picture[45:56, 30:70] == 128).all()
    assert (picture[67:78, 30:70] == 128).all()


def test_a_caption_stays_in_the_picture(grey):
    corner = TextBox(((150, 0), (159, 0), (159, 10), (150, 10)), 0.9)
    assert (draw(grey, [corner], ["a long caption"]) != 128).sum() > 300


def test_bad_captions_fonts_and_images_are_refused(grey, tmp_path):
    with pytest.raises(BadInput, match="2 captions for 1 shapes"):
        draw(grey, [BOX], ["a", "b"])
    with pytest.raises(BadInput, match=r"cannot read font .*none\.ttf"):
        draw(grey, [BOX], font=tmp_path / "none.ttf")
    with pytest.raises(BadInput, match="give an RGB image"):
        draw(grey.astype(float), [BOX])
