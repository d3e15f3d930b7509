import numpy as np
import pytest

from serving_kit.tasks.layout_detection import to_corners
from zoo.trainer.shape_detector import BINS, CELLS, CENTRES, STRIDE_PX, targets
from zoo.trainer.shapes import LABELS, Shape, paint


def test_the_cells_that_speak_for_a_shape_say_its_label_and_its_edges() -> None:
    shape = Shape("square", (44.0, 44.0), 18.0, 0.1, (255, 0, 0))
    labels, distances = targets(paint(np.random.default_rng(1), (9, 9, 9), (shape,)))
    speaking = np.flatnonzero(labels.max(axis=1))
    assert 1 <= len(speaking) <= 5
    assert set(labels[speaking].argmax(axis=1)) == {LABELS.index("square")}
    assert (np.hypot(*(CENTRES[speaking] - 44).T) < STRIDE_PX).all()
    assert not distances[labels.max(axis=1) == 0].any()
    sides = distances[speaking] * STRIDE_PX
    for (x, y), (left, top, right, bottom) in zip(CENTRES[speaking], sides, strict=True):
        assert (x - left, y - top, x + right, y + bottom) == pytest.approx(shape.box, abs=1e-3)


def test_what_is_learnt_is_what_the_task_reads() -> None:
    """A distance between two bins is shared out between them: their mean gives it back."""
    shape = Shape("circle", (30.0, 60.0), 12.0, 0.0, (255, 0, 0))
    labels, distances = targets(paint(np.random.default_rng(1), (9, 9, 9), (shape,)))
    below = np.floor(distances).astype(int)
    likely = np.zeros((*distances.shape, BINS))
    np.put_along_axis(likely, below[..., None], 1 - (distances - below)[..., None], axis=-1)
    np.put_along_axis(likely, below[..., None] + 1, (distances - below)[..., None], axis=-1)
    heads = np.log(np.maximum(likely, 1e-9)).reshape(len(distances), -1)
    boxes = to_corners(heads, CELLS, STRIDE_PX)[labels.max(axis=1) > 0]
    assert boxes == pytest.approx(np.tile(shape.box, (len(boxes), 1)), abs=0.01)
