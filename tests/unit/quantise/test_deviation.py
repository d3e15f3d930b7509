import numpy as np
import pytest

from serving_kit.quantise.deviation import measure, worst
from serving_kit.types import Tensor


def answers(*rows: list[list[float]]) -> list[dict[str, Tensor]]:
    return [{"y": Tensor(np.array(row, "float32"))} for row in rows]


def test_figures_are_taken_over_all_samples() -> None:
    before, after = answers([[3.0, 4.0]], [[0.0, 0.0]]), answers([[3.0, 4.0]], [[0.0, 2.0]])
    moved = measure(after, before, classifies=False)["y"]
    assert moved.max_difference == 2.0
    assert moved.mean_difference == 0.5
    assert moved.relative == pytest.approx(2 / 5)
    assert moved.agreement is None


def test_a_classifiers_rows_agree_where_the_largest_value_stays() -> None:
    before, after = answers([[1, 2], [5, 0]]), answers([[2, 1], [4, 1]])
    assert measure(after, before, classifies=True)["y"].agreement == 0.5


def test_a_single_column_has_no_largest_value() -> None:
    assert measure(answers([[1.0]]), answers([[1.0]]), classifies=True)["y"].agreement is None


@pytest.mark.parametrize("after", [[[1.0, float("nan")]], [[1.0]]])
def test_no_number_and_another_shape_are_infinitely_far(after: list[list[float]]) -> None:
    assert worst(measure(answers(after), answers([[1.0, 2.0]]), classifies=True)) == np.inf


def test_an_answer_of_zeros_has_no_size_to_divide_by() -> None:
    assert worst(measure(answers([[0.5]]), answers([[0.0]]), classifies=False)) == 0.5
