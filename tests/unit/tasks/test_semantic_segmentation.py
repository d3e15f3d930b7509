import numpy as np
import pytest

from serving_kit.errors import BadInput
from serving_kit.tasks.semantic_segmentation import Segments, paint

LABELS = {"labels": "labels.txt", "files": {"labels.txt": "ground\ncat\n"}}
LEFT = np.zeros((1, 2, 4, 4), np.float32)
LEFT[0, 1, :, :2] = 1  # the left half is a cat


def test_each_pixel_of_the_sample_gets_a_class(make) -> None:
    task = make("semantic-segmentation", **LABELS)
    prepared = task.preprocess(np.full((20, 40, 3), 255, np.uint8))
    assert prepared.feeds["x"].shape == (1, 3, 96, 96) and prepared.feeds["x"].max() == 1
    answer = task.postprocess({"y": LEFT}, prepared)
    assert answer.classes.shape == (20, 40)
    assert (answer.classes[:, :20] == 1).all() and (answer.classes[:, 20:] == 0).all()
    assert answer.share("cat") == 0.5 and repr(answer) == "Segments(ground 50.0%, cat 50.0%)"


def test_classes_without_names_are_numbers(make) -> None:
    task = make("semantic-segmentation")
    answer = task.postprocess({"y": LEFT}, task.preprocess(np.zeros((4, 4, 3), np.uint8)))
    assert answer.labels == ("0", "1")


def test_labels_and_classes_must_be_as_many(make) -> None:
    task = make("semantic-segmentation", **LABELS)
    with pytest.raises(BadInput, match="has 3 classes, its label file 2 lines"):
        task.postprocess({"y": np.zeros((1, 3, 4, 4))}, task.preprocess(np.zeros((4, 4, 3), np.uint8)))


def test_a_label_that_it_does_not_know_is_refused() -> None:
    with pytest.raises(BadInput, match="no label 'dog'; the model knows"):
        Segments(np.zeros((2, 2), np.uint8), ("ground", "cat")).share("dog")


def test_only_what_is_not_ground_is_painted() -> None:
    image = np.full((2, 3, 3), 200, np.uint8)
    painted = paint(image, Segments(np.array([[0, 1, 2]] * 2, np.uint8), ("ground", "cat", "dog")))
    assert (painted[:, 0] == 200).all()
    assert len(np.unique(painted[0], axis=0)) == 3
    assert (image == 200).all()
