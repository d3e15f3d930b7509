import json
from pathlib import Path

import numpy as np
import pytest

from serving_kit import tasks
from serving_kit.errors import BadInput, ModelFileError, NotFound
from serving_kit.spec import Spec
from serving_kit.tasks.task import Parameters, task


def test_every_module_of_a_task_registers_it():
    files = {path.stem.replace("_", "-") for path in Path(tasks.__file__).parent.glob("*.py")}
    assert {"classification", "regression", "voice-activity"} < set(tasks.names()) <= files


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="'regression' is registered twice"):
        task("regression", Parameters, Parameters)(tasks.regression.Regression)


def test_an_unknown_task_suggests_the_nearest():
    with pytest.raises(NotFound, match="'text-detecton'; did you mean 'text-detection'"):
        tasks.check("text-detecton", {}, {})


@pytest.mark.parametrize(
    ("preprocess", "postprocess", "field"),
    [
        ({"shortest": 736}, {}, "preprocess.shortest:"),
        ({}, {"threshold": 2}, "postprocess.threshold:"),
        ({"mean": [0.5, 0.5]}, {}, "preprocess.mean.2:"),
        ({"std": [0.5, 0, 0.5]}, {}, "preprocess.std.1:"),
    ],
)
def test_a_wrong_parameter_is_named(preprocess, postprocess, field):
    with pytest.raises(BadInput, match=field):
        tasks.check("text-detection", preprocess, postprocess)


def test_every_task_has_defaults_and_describes_them():
    for name in tasks.names():
        for parameters in tasks.check(name, {}, {}):
            assert type(parameters).__doc__.splitlines()[0] in tasks.describe(name)
    assert "  threshold = 0.3  a pixel above it is text\n" in tasks.describe("text-detection")
    with pytest.raises(NotFound, match="no task 'chess'; use one of"):
        tasks.describe("chess")


def test_a_task_loads_from_a_model_directory_and_from_its_server_directory(tmp_path: Path):
    server = tmp_path / "serving_server"
    server.mkdir()
    Spec(name="m", task="text-detection", postprocess={"threshold": 0.1}).write(server)
    for folder in (tmp_path, server):
        assert tasks.load(folder).after.threshold == 0.1


def test_a_directory_without_spec_says_where_it_looked(tmp_path: Path):
    with pytest.raises(ModelFileError, match=r"no spec\.json in .*serving_server"):
        tasks.load(tmp_path)


def test_a_spec_without_a_task_is_refused():
    with pytest.raises(BadInput, match="names no task"):
        tasks.load(Spec(name="m"))


def test_a_label_file_may_not_lie_elsewhere(make):
    with pytest.raises(ModelFileError, match="not a file of"):
        make("text-recognition", labels="../../etc/hostname")


def test_a_label_file_may_be_a_link(make, tmp_path: Path):
    (tmp_path / "elsewhere").write_text("a\nb")
    (tmp_path / "characters.txt").symlink_to(tmp_path / "elsewhere")  # as a mounted volume makes them
    assert make("text-recognition", labels="characters.txt").characters == ("", "a", "b", " ")


def test_a_missing_label_file_is_named(make):
    with pytest.raises(ModelFileError, match=r"cannot read .*characters\.txt"):
        make("text-recognition", labels="characters.txt")


def test_labels_need_a_directory():
    with pytest.raises(BadInput, match="load the task from its model directory"):
        tasks.load(Spec(name="m", task="text-recognition", labels="characters.txt"))


def test_ask_carries_feeds_and_outputs_by_alias(make):
    task = make(
        "regression", outputs=("price",), inputs=[{"name": "x", "alias": "x", "dtype": "float32", "shape": [-1, 2]}]
    )
    answer = tasks.ask(task, lambda feeds: {"price": feeds["x"].sum(axis=1, keepdims=True)}, [[1, 2], [3, 4]])
    assert answer.tolist() == [3, 7]
    with pytest.raises(BadInput, match="lacks output 'price'"):
        tasks.ask(task, lambda feeds: {"x": feeds["x"]}, [1, 2])


def test_answers_are_frozen_plain_and_short():
    box = tasks.TextBox(((0, 0), (9, 0), (9, 4), (0, 4)), 0.5)
    answers = [
        tasks.Label("cat", 281, 0.75),
        box,
        tasks.Text("hi", 0.9, (tasks.Character("h", 0.9, 2),)),
        tasks.Word("北京", "LOC"),
        tasks.Region("title", 0.9, (1, 2, 3, 4)),
    ]
    assert [repr(answer) for answer in answers] == [
        "Label('cat', index=281, score=0.750)",
        "TextBox((0,0) (9,0) (9,4) (0,4), score=0.500)",
        "Text('hi', score=0.900)",
        "北京/LOC",
        "Region('title', box=(1,2,3,4), score=0.900)",
    ]
    assert json.loads(json.dumps(answers[2].as_dict()))["characters"][0]["step"] == 2
    with pytest.raises(AttributeError):
        box.score = 1


def test_regression_scales_rows_and_refuses_other_shapes(make):
    task = make("regression", preprocess={"shift": [1, 2], "scale": [2, 4]})
    rows = task.preprocess([[1, 2], [3, 6]]).feeds["x"]
    assert rows.dtype == np.float32
    assert rows.tolist() == [[0, 0], [1, 1]]
    for sample in ([1, 2, 3], [[[1, 2]]], [], "ab"):
        with pytest.raises(BadInput, match="features"):
            task.preprocess(sample)
    with pytest.raises(BadInput, match="shift has 1 numbers, scale 2"):
        make("regression", preprocess={"shift": [1], "scale": [2, 4]})
    with pytest.raises(BadInput, match="2 rows have one number each"):
        task.postprocess({"y": np.zeros((2, 3))}, task.preprocess([[1, 2], [3, 6]]))
