import numpy as np
import pytest

from zoo.trainer.score import accuracy, auc, average_precision, confusion, iou, mean_iou, rmse

SQUARE = (0.0, 0.0, 10.0, 10.0)
FAR = (50.0, 50.0, 60.0, 60.0)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([0.1, 0.2, 0.8, 0.9], 1.0), ([0.9, 0.8, 0.2, 0.1], 0.0), ([0.5] * 4, 0.5), ([0.1, 0.5, 0.5, 0.9], 0.875)],
)
def test_auc_is_how_often_the_true_one_is_above(scores: list[float], expected: float) -> None:
    assert auc(np.array(scores), np.array([0, 0, 1, 1])) == pytest.approx(expected)


def test_accuracy_and_rmse_of_known_answers() -> None:
    assert accuracy(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 5])) == 0.75
    assert rmse(np.array([1.0, 5.0]), np.array([1.0, 1.0])) == pytest.approx(np.sqrt(8))


def test_mean_iou_counts_a_rare_class_as_much_as_a_common_one() -> None:
    truths, answers = np.array([[0, 0, 0, 0], [0, 0, 1, 1]]), np.zeros((2, 4), dtype=int)
    answers[1, 3] = 1
    table = confusion(answers, truths, 2)
    assert table.tolist() == [[6, 0], [1, 1]]
    assert mean_iou(table) == pytest.approx((6 / 7 + 1 / 2) / 2)


def test_boxes_that_only_touch_share_nothing() -> None:
    assert iou(SQUARE, SQUARE) == 1.0
    assert iou(SQUARE, (10.0, 0.0, 20.0, 10.0)) == 0.0
    assert iou(SQUARE, (5.0, 0.0, 15.0, 10.0)) == pytest.approx(50 / 150)


def test_average_precision_of_a_found_a_false_and_a_missed_box() -> None:
    wanted = [(0, "a", SQUARE), (1, "a", SQUARE), (0, "b", FAR)]
    right, false = (0, "a", 0.9, SQUARE), (0, "a", 0.8, FAR)
    assert average_precision([right], wanted, "a") == 0.5
    assert average_precision([right, false, (1, "a", 0.7, SQUARE)], wanted, "a") == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision([], wanted, "a") == 0.0


def test_a_box_is_found_once_and_in_its_own_image() -> None:
    wanted = [(0, "a", SQUARE), (1, "a", SQUARE)]
    assert average_precision([(0, "a", 0.9, SQUARE), (0, "a", 0.8, SQUARE)], wanted, "a") == 0.5
