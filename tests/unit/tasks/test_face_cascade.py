from collections.abc import Mapping

import numpy as np
import pytest

from serving_kit import tasks
from serving_kit.errors import BadInput
from serving_kit.spec import Port, Spec
from serving_kit.tasks import face_cascade
from serving_kit.tasks.face_cascade import FaceCascade
from serving_kit.types import Array

INPUTS = ("canvas", "crops_24", "crops_48")
OUTPUTS = ("edges_12", "odds_12", "edges_24", "odds_24", "edges_48", "points_48", "odds_48")
IMAGE = np.zeros((96, 96, 3), np.uint8)
IMAGE[24:72, 24:72] = 255  # the face of these tests


def port(alias: str) -> Port:
    return Port(name=alias, alias=alias, dtype="float32", shape=(-1,))


def load(lacking: str = "", **after: object) -> FaceCascade:
    inputs, outputs = (tuple(port(name) for name in names if name != lacking) for names in (INPUTS, OUTPUTS))
    before = {"least_px": 48, "shrink": 0.5}
    task = tasks.load(
        Spec(name="c", task="face-cascade", inputs=inputs, outputs=outputs, preprocess=before, postprocess=after)
    )
    assert isinstance(task, FaceCascade)
    return task


def bright(crops: Array) -> Array:
    """Odds that a crop is the white square: how much of it is white."""
    white = (crops > 0).mean(axis=(1, 2, 3))
    return np.stack([1 - white, white], axis=1)


class Model:
    """Answers like the three networks: the first proposes what it is told to, the others look for white."""

    def __init__(self, *proposed: tuple[int, int]) -> None:
        self.proposed, self.asked = proposed, []

    def __call__(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        self.asked.append({name: array.shape for name, array in feeds.items()})
        height, width = (size // 2 - 5 for size in feeds["canvas"].shape[2:])
        odds = np.zeros((1, 2, height, width))
        for row, column in self.proposed:
            odds[0, 1, row, column] = 0.9
        small, large = feeds["crops_24"], feeds["crops_48"]
        points = np.tile([0.3, 0.7, 0.5, 0.3, 0.7, 0.3, 0.3, 0.5, 0.8, 0.8], (len(large), 1))
        return {
            "edges_12": np.zeros((1, 4, height, width)),
            "odds_12": odds,
            "edges_24": np.zeros((len(small), 4)),
            "odds_24": bright(small),
            "edges_48": np.zeros((len(large), 4)),
            "points_48": points,
            "odds_48": bright(large),
        }


def test_a_face_is_proposed_refined_and_decided() -> None:
    model = Model((3, 3), (0, 6))
    (face,) = tasks.ask(load(), model, IMAGE)
    # A quarter of the picture: answer (3, 3) is the window at 6 px, 24 px in the picture, 4 px of rounding more.
    assert face.box == (28, 28, 72, 72)
    assert face.score > 0.9
    assert dict(face.points)["nose"] == (28 + 0.5 * 44, 28 + 0.5 * 44)
    assert list(dict(face.points)) == list(face_cascade.POINTS)
    assert [asked["crops_24"][0] for asked in model.asked] == [1, 2, 1]
    assert [asked["crops_48"][0] for asked in model.asked] == [1, 1, 1]


@pytest.mark.parametrize(("proposed", "times"), [((), 1), (((0, 6),), 2)])
def test_nobody_is_asked_about_nothing(proposed: tuple[tuple[int, int], ...], times: int) -> None:
    model = Model(*proposed)
    assert tasks.ask(load(), model, IMAGE) == []
    assert len(model.asked) == times


def test_the_first_answer_alone_is_what_was_proposed() -> None:
    task, model = load(), Model((3, 3), (0, 6))
    prepared = task.preprocess(IMAGE)
    boxes = [face.box for face in task.postprocess(model(prepared.feeds), prepared)]
    assert sorted(boxes) == [(28, 28, 72, 72), (52, 4, 96, 48)]


def test_thresholds_are_the_cards() -> None:
    assert tasks.ask(load(least_score=1.0), Model((3, 3)), IMAGE) == []
    assert tasks.ask(load(least_refined=1.0), Model((3, 3)), IMAGE) == []


def test_a_box_within_a_better_one_goes() -> None:
    boxes = np.array([[0, 0, 100, 100], [20, 20, 50, 50], [200, 0, 300, 100]], np.float64)
    assert face_cascade._outermost(boxes, [0, 2, 1]) == [0, 2]
    assert face_cascade._outermost(boxes, [1, 0, 2]) == [1, 2]


def test_crops_outside_of_the_picture_are_empty() -> None:
    found = face_cascade.crops(IMAGE, np.array([[24, 24, 72, 72], [200, 200, 240, 240]], np.float64), 24)
    assert found.shape == (2, 3, 24, 24) and found.dtype == np.float32
    assert (found[0] > 0.99).all() and (found[1] == 0).all()


def test_a_square_stands_about_the_middle_of_its_box() -> None:
    found = face_cascade.squares(np.array([[10, 20, 30, 80]], np.float64))
    np.testing.assert_allclose(found, [[-10, 20, 50, 80]])


@pytest.mark.parametrize("lacking", ["crops_24", "points_48"])
def test_ports_without_the_tasks_names_are_refused(lacking: str) -> None:
    with pytest.raises(BadInput, match=rf"'c' has no tensors \['{lacking}'\]"):
        load(lacking)


def test_an_answer_of_another_shape_is_named() -> None:
    task, model = load(), Model((3, 3))
    prepared = task.preprocess(IMAGE)
    answer = model(prepared.feeds) | {"odds_12": np.zeros((2, 2))}
    with pytest.raises(BadInput, match=r"output 'odds_12' has shape \[2, 2\]; this task reads 4 dimensions"):
        task.postprocess(answer, prepared)
