import numpy as np
import pytest

from zoo.trainer.shapes import LABELS, SIZE_PX, Shape, paint, scene

GREY, RED = (128, 128, 128), (255, 0, 0)


def test_a_seed_draws_the_same_scenes_again() -> None:
    one, same, other = (scene(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one.image == same.image).all() and one.shapes == same.shapes
    assert one.shapes != other.shapes


@pytest.mark.parametrize("label", LABELS)
def test_the_mask_and_the_box_are_where_the_shape_is(label: str) -> None:
    drawn = paint(np.random.default_rng(1), GREY, (Shape(label, (40.0, 50.0), 15.0, 0.0, RED),))
    rows, columns = np.nonzero(drawn.mask)
    assert set(np.unique(drawn.mask)) == {0, LABELS.index(label) + 1}
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == pytest.approx(drawn.shapes[0].box, abs=1.5)
    red, green, _ = drawn.image[50, 40].astype(int)
    assert red - green > 150 and np.ptp(drawn.image[5, 5].astype(int)) < 80


def test_shapes_stand_apart_or_cover_each_other_as_is_asked() -> None:
    draw = np.random.default_rng(1)
    gaps = {True: [], False: []}
    for apart in gaps:
        for _ in range(30):
            shapes = scene(draw, apart=apart, most=5).shapes
            pairs = [(a, b) for i, a in enumerate(shapes) for b in shapes[:i]]
            gaps[apart] += [np.hypot(*np.subtract(a.centre, b.centre)) - a.radius - b.radius for a, b in pairs]
    assert min(gaps[True]) >= 2 and min(gaps[False]) < 0


def test_a_later_shape_covers_an_earlier_one() -> None:
    shapes = (Shape("square", (40.0, 40.0), 20.0, 0.0, RED), Shape("circle", (40.0, 40.0), 8.0, 0.0, (0, 0, 255)))
    assert paint(np.random.default_rng(1), GREY, shapes).mask[40, 40] == LABELS.index("circle") + 1


def test_shapes_stay_inside_the_picture() -> None:
    draw = np.random.default_rng(2)
    boxes = np.array([shape.box for _ in range(50) for shape in scene(draw).shapes])
    assert boxes.min() >= 0 and boxes.max() <= SIZE_PX
