import pytest

from serving_kit.errors import Unsupported
from serving_kit.tune.choice import fastest_alone, most_requests
from tests.unit.tune.candidates import measured


def test_paddle_wins_what_another_is_barely_ahead_in() -> None:
    paddle, other = measured(10, 100), measured(9.7, 103, engine="openvino")
    assert fastest_alone([other, paddle]) == most_requests([other, paddle]) == paddle


def test_another_engine_wins_where_it_is_clearly_ahead() -> None:
    paddle, other = measured(10, 100), measured(9, 111, engine="openvino")
    assert fastest_alone([paddle, other]) == most_requests([paddle, other]) == other


def test_latency_is_that_of_one_request_with_the_machine_to_itself() -> None:
    alone, busy, merged = measured(10, 100, threads=2), measured(8, 250, instances=2), measured(9, 800, batch=8)
    assert fastest_alone([busy, merged, alone]) == alone


def test_of_layouts_as_good_the_one_with_the_shorter_runs_wins() -> None:
    split, whole = measured(20, 100, instances=2), measured(10.2, 98, threads=2)
    larger = measured(80, 102, instances=2, batch=4)
    assert most_requests([split, whole, larger]) == whole
    assert most_requests([split, measured(10.2, 90, threads=2)]) == split


def test_nothing_measured_is_said() -> None:
    with pytest.raises(Unsupported, match="no engine could be measured"):
        most_requests([])
