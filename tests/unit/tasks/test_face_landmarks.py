import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.face_landmarks import PLACES, FaceMesh


@pytest.fixture
def task(make):
    normal = {"mean": [0, 0, 0], "std": [1, 1, 1]}
    return make("face-landmarks", outputs=("mesh", "score"), preprocess={**normal, "size_px": 96, "middle": 0.5})


def answer(x: float, y: float, z: float) -> dict[str, np.ndarray]:
    mesh = np.tile(np.array([x, y, z], np.float32), 468)[None]
    return {"mesh": mesh, "score": np.array([[0.25]], np.float32)}


def test_places_come_back_in_pixels_of_the_crop(task):
    prepared = task.preprocess(np.zeros((200, 400, 3), np.uint8))
    assert prepared.feeds["x"].shape == (1, 96, 96, 3)
    mesh = task.postprocess(answer(0, 48, 96), prepared)
    assert len(mesh.places) == 468 and mesh.score == 0.25
    assert mesh.places[0] == pytest.approx((100, 100, 200)), "the model saw the middle half"
    assert mesh.place("nose") == mesh.places[PLACES["nose"]][:2]


def test_a_mesh_without_a_score_is_refused(task):
    prepared = task.preprocess(np.zeros((96, 96, 3), np.uint8))
    with pytest.raises(BadInput, match=r"'mesh': \[1, 1404\]}; this task reads `mesh`"):
        task.postprocess({"mesh": answer(0, 0, 0)["mesh"]}, prepared)


def test_the_outline_goes_around_all_places():
    mesh = FaceMesh(1.0, ((0.0, 0.0, 0.0), (10.0, 0.0, 5.0), (10.0, 10.0, 0.0), (0.0, 10.0, 0.0), (5.0, 5.0, -9.0)))
    assert sorted(mesh.outline) == [(0, 0), (0, 10), (10, 0), (10, 10)]
    assert repr(mesh) == "FaceMesh(5 places, score=1.000)" and mesh.caption == "1.00"
    with pytest.raises(BadInput, match="no place 'beard'"):
        mesh.place("beard")
