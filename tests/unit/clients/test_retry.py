from collections.abc import Callable

import pytest
from tenacity import Retrying

from serving_kit.clients.deadline import Deadline
from serving_kit.clients.retry import Refused, policy
from serving_kit.errors import DeadlineExceeded, Overloaded, Unavailable


def failing(times: int, error: Exception) -> tuple[Callable[[], int], list[int]]:
    calls: list[int] = []

    def attempt() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return len(calls)

    return attempt, calls


def retrying(retries: int, *also: type[Exception]) -> Retrying:
    return Retrying(**policy(retries, Deadline.after(20), *also) | {"sleep": lambda _: None})


def test_what_was_refused_is_tried_again_as_often_as_said() -> None:
    attempt, calls = failing(2, Refused("no server"))
    assert retrying(2)(attempt) == 3
    attempt, calls = failing(9, Refused("no server"))
    with pytest.raises(Refused):
        retrying(2)(attempt)
    assert len(calls) == 3


@pytest.mark.parametrize("error", [Unavailable("broke"), DeadlineExceeded("late"), Overloaded("full"), OSError()])
def test_anything_else_is_not(error: Exception) -> None:
    attempt, calls = failing(1, error)
    with pytest.raises(type(error)):
        retrying(2)(attempt)
    assert len(calls) == 1


def test_other_errors_are_tried_again_where_a_protocol_makes_that_safe() -> None:
    attempt, _ = failing(1, Overloaded("full"))
    assert retrying(2, Overloaded)(attempt) == 2


def test_no_pause_goes_beyond_the_deadline() -> None:
    attempt, calls = failing(99, Refused("no server"))
    with pytest.raises(Refused):
        Retrying(**policy(99, Deadline.after(0)))(attempt)
    assert len(calls) == 1


def test_a_deadline_tells_what_is_left_and_who_was_late() -> None:
    assert 0 < Deadline.after(5).left_s("a:1") <= 5
    with pytest.raises(DeadlineExceeded, match=r"^a:1 did not answer within 0 s; allow more with timeout_s$"):
        Deadline.after(0).left_s("a:1")
