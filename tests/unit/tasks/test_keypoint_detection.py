import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.spec import Port, Spec
from serving_kit.tasks import load
from serving_kit.tasks.pose import LAYOUTS
from serving_kit.tasks.pose_vectors import TREE, fields, walk


@pytest.fixture
def load_task(tmp_path):
    def build(aliases, dtype="float32", size_px=64, **after):
        inputs = [Port(name="in", alias="image", dtype=dtype, shape=(1, size_px, size_px, 3))]
        outputs = [Port(name=alias, alias=alias, dtype="float32", shape=(-1,)) for alias in aliases]
        spec = {"name": "m", "task": "keypoint-detection", "inputs": inputs, "outputs": outputs}
        before = {"size_px": size_px, "mean": [0.5] * 3, "std": [0.5] * 3}
        Spec.model_validate({**spec, "preprocess": before, "postprocess": after}).write(tmp_path)
        return load(tmp_path)

    return build


def wide(height=50, width=100):
    return np.full((height, width, 3), 255, np.uint8)


def test_an_image_stands_in_the_middle_of_a_black_square(load_task):
    rows = load_task(["keypoints"]).preprocess(wide()).feeds["image"]
    assert rows.shape == (1, 64, 64, 3) and rows.dtype == np.float32
    assert (rows[0, :16] == -1).all() and (rows[0, 16:48] == 1).all() and (rows[0, 48:] == -1).all()


def test_a_model_for_integers_gets_pixels_as_they_are(load_task):
    rows = load_task(["keypoints"], dtype="int32").preprocess(wide()).feeds["image"]
    assert rows.dtype == np.int32 and set(np.unique(rows)) == {0, 255}


def test_shares_of_the_square_become_pixels_of_the_image(load_task):
    task = load_task(["keypoints"])
    table = np.zeros((1, 1, 17, 3), np.float32)
    table[0, 0, 0] = [0.5, 0.25, 0.9]  # y, x, score: of the square, whose upper and lower quarter are black
    pose = task.postprocess({"keypoints": table}, task.preprocess(wide()))
    assert pose.place("nose").point == (25.0, 25.0)
    assert pose.place("nose").score == pytest.approx(0.9)
    assert pose.place("left_eye").point == (0.0, -25.0)
    assert pose.score == pytest.approx(0.9 / 17)


def test_landmarks_have_depth_and_a_chance_to_be_seen(load_task):
    task = load_task(["landmarks", "presence"], layout="blazepose", decoder="landmarks", presence="presence")
    table = np.zeros((39, 5), np.float32)
    table[11] = [32, 32, -8, 800, 0]
    outputs = {"landmarks": table.reshape(1, 195), "presence": np.array([[0.75]], np.float32)}
    pose = task.postprocess(outputs, task.preprocess(wide()))
    shoulder = pose.place("left_shoulder")
    assert (shoulder.x, shoulder.y, shoulder.depth, shoulder.score) == (50, 25, -12.5, 1)
    assert pose.place("nose").score == 0.5
    assert pose.score == 0.75 and len(pose.keypoints) == 33


def test_the_peak_of_a_map_is_the_middle_of_its_best_pixel(load_task):
    task = load_task(["confidences"], layout="mpii", decoder="peaks")
    maps = np.zeros((1, 32, 32, 16), np.float32)
    maps[0, 16, 8, 0] = 0.8
    pose = task.postprocess({"confidences": maps}, task.preprocess(wide(64, 64)))
    assert pose.place("head_top").point == (17.0, 33.0)
    assert pose.place("head_top").score == pytest.approx(0.8)


def body(nose_column):
    """Return PoseNet's outputs, 5 cells a side and 16 pixels a cell, for a body whose points stand in one column."""
    heat = np.full((1, 5, 5, 17), -9.0)
    heat[0, 0, nose_column, 0] = 9
    offsets = np.zeros((1, 5, 5, 34))
    forward = np.zeros((1, 5, 5, 32))
    forward[:, :, :, :16] = 16  # one cell down, whichever bone
    return [heat, offsets, forward, -forward]


def test_a_body_is_walked_to_from_its_surest_point():
    heat, offsets, forward, backward = body(nose_column=2)
    offsets[0, 1, 2, 5], offsets[0, 1, 2, 17 + 5] = 3, -2
    net = fields([heat, offsets, forward, backward], 17, 65)
    table = walk(net, *net.surest())
    assert table[0].tolist() == [32, 0, pytest.approx(1, abs=1e-3), 0]
    assert table[5, :2].tolist() == [30, 19]  # left shoulder: one cell down, and on by its offset
    assert table[15, :2].tolist() == [32, 64]  # left ankle: three bones further, and no further than the last cell


def test_the_other_wrist_being_surer_does_not_lead_astray():
    heat, *rest = body(nose_column=1)
    heat[0, 4, 4, 9] = 8  # somebody else's left wrist
    net = fields([heat, *rest], 17, 65)
    assert walk(net, 0, 0, 1)[9, 0] == 16
    assert walk(net, 9, 4, 4)[0, :2].tolist() == [64, 16]  # and from there one comes to somebody else's nose


def test_the_tree_reaches_every_point_once():
    assert sorted(child for _, child in TREE) == list(range(1, 17))


@pytest.mark.parametrize(
    ("decoder", "outputs"),
    [
        ("shares", {"keypoints": np.zeros((1, 17, 3))}),
        ("shares", {"other": np.zeros(3)}),
        ("landmarks", {"landmarks": np.zeros((1, 100))}),
        ("peaks", {"confidences": np.zeros((1, 16))}),
        ("vectors", dict.fromkeys(("heatmaps", "offsets", "forward", "backward"), np.zeros((1, 5, 5, 17)))),
    ],
)
def test_an_answer_of_another_shape_is_refused(load_task, decoder, outputs):
    layout = {"landmarks": "blazepose", "peaks": "mpii"}.get(decoder, "coco")
    task = load_task(list(outputs), decoder=decoder, layout=layout)
    with pytest.raises(BadInput, match=r"the answer|an output"):
        task.postprocess(outputs, task.preprocess(wide()))


def test_a_missing_presence_is_told(load_task):
    task = load_task(["keypoints"], presence="flag")
    with pytest.raises(BadInput, match="no single number 'flag'"):
        task.postprocess({"keypoints": np.zeros((1, 1, 17, 3))}, task.preprocess(wide()))


def test_bones_join_points_that_there_are():
    for layout in LAYOUTS.values():
        assert len(set(layout.points)) == len(layout.points)
        assert {end for bone in layout.bones for end in bone} <= set(layout.points)
    assert [len(layout.points) for layout in LAYOUTS.values()] == [17, 33, 16]
