import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving_kit.compat.client.metric import acc, auc
from serving_kit.errors import BadInput


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Pairs of (positive, negative): (0.35, 0.1) (0.8, 0.1) (0.8, 0.4) are in order, (0.35, 0.4) is not.
    assert auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) == 0.75


def test_ties_count_half() -> None:
    assert auc([0, 1], [0.5, 0.5]) == 0.5
    assert auc([1, 0, 1], [0.5, 0.5, 0.9]) == 0.75


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(0, 5)), min_size=2, max_size=30))
def test_auc_agrees_with_counting_pairs(rows: list[tuple[int, int]]) -> None:
    labels, scores = [row[0] for row in rows], [row[1] for row in rows]
    pairs = [(p, n) for lp, p in rows if lp for ln, n in rows if not ln]
    if not pairs:
        with pytest.raises(BadInput, match="needs both classes"):
            auc(labels, scores)
    else:
        assert auc(labels, scores) == pytest.approx(sum((p > n) + 0.5 * (p == n) for p, n in pairs) / len(pairs))


def test_acc_is_the_share_on_the_right_side_of_the_threshold() -> None:
    assert acc([0.9, 0.2, 0.4, 0.5], [1, 0, 1, 1], 0.5) == 0.5


@pytest.mark.parametrize(("scores", "labels"), [([0.5], [1, 0]), ([], [])])
def test_lengths_that_differ_are_told(scores: list[float], labels: list[int]) -> None:
    with pytest.raises(BadInput, match=f"there are {len(scores)} scores and {len(labels)} labels"):
        acc(scores, labels, 0.5)
