import pytest

from serving_kit.batching.cost import RunCosts


def learnt(**duration_s: float) -> RunCosts:
    """Costs after three runs each: `learnt(of_1=0.1, of_8=0.2)`."""
    costs = RunCosts()
    for size, seconds in duration_s.items():
        for _ in range(3):
            costs.record(int(size.removeprefix("of_")), seconds)
    return costs


def chosen(costs: RunCosts, waiting: int, times: int) -> list[int]:
    return [costs.most(waiting) for _ in range(times)]


def test_what_is_not_known_is_tried() -> None:
    assert chosen(RunCosts(), 8, 3) == [8, 8, 8]
    assert chosen(learnt(of_1=0.1), 8, 3) == [8, 8, 8]
    assert RunCosts().most(1) == 1


def test_merging_stops_where_an_instance_costs_no_less() -> None:
    costs = learnt(of_1=0.096, of_8=0.8)
    assert chosen(costs, 8, 3) == [1, 1, 1]


def test_merging_goes_on_where_it_pays_and_as_far_as_it_pays() -> None:
    assert chosen(learnt(of_1=0.010, of_8=0.020), 8, 3) == [8, 8, 8]
    assert chosen(learnt(of_1=0.010, of_4=0.020, of_8=0.060), 8, 3) == [4, 4, 4]


def test_now_and_then_the_other_way_is_tried() -> None:
    merging = chosen(learnt(of_1=0.010, of_8=0.020), 8, 640)
    assert set(merging) == {1, 8}
    assert merging.count(1) == 4 + 10
    alone = chosen(learnt(of_1=0.1, of_8=0.8), 8, 640)
    assert 8 in alone
    assert alone.count(1) > 620


def test_a_way_that_was_much_worse_is_tried_rarely() -> None:
    assert chosen(learnt(of_1=0.1, of_2=0.4, of_4=0.8, of_8=1.6), 8, 6400).count(1) > 6300 + 80


def test_a_change_is_noticed() -> None:
    costs = learnt(of_1=0.1, of_8=0.8)
    for _ in range(5):
        costs.record(8, 0.1)
    assert chosen(costs, 8, 3) == [8, 8, 8]


def test_one_slow_run_changes_little_and_many_change_all() -> None:
    costs = learnt(of_1=0.010, of_8=0.020)
    costs.record(8, 10.0)
    assert costs.most(8) == 8
    for _ in range(60):
        costs.record(8, 0.2)
    assert costs.most(8) == 1


def test_the_largest_run_within_a_time_is_known_or_in_proportion() -> None:
    assert RunCosts().most_within(0.0002) == 0
    assert learnt(of_1=0.010).most_within(0.0002) == 0
    assert learnt(of_1=0.00002).most_within(0.0002) == 5
    assert learnt(of_1=0.00002, of_8=0.00004).most_within(0.0002) == 29
    assert learnt(of_1=0.00002, of_8=0.00100).most_within(0.0002) == 1


def test_what_a_request_takes_is_learnt_from_merged_runs_too() -> None:
    costs = RunCosts()
    assert costs.request_s == 0
    costs.record(12, 0.3, requests=3)
    assert costs.request_s == pytest.approx(0.1, rel=0.01)
