import numpy as np
import pytest

from serving_kit.clients import turns
from serving_kit.clients.address import Address
from serving_kit.clients.brpc_pool import BrpcPool
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.general_call import outputs_of, payload_of
from serving_kit.clients.retry import Refused
from serving_kit.errors import BadInput
from serving_kit.types import NamedTensor, Tensor
from tests.unit.clients.brpc_stand_in import BrpcStandIn, echo, serving

PAYLOAD = payload_of({"x": NamedTensor("x", Tensor(np.ones(3, np.float32)))}, [])


class Clock:
    """The pool's clock, which moves when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(turns, "time", clock)
    return clock


def ask(pool: BrpcPool, times: int = 1) -> None:
    for _ in range(times):
        assert list(outputs_of(pool.ask(PAYLOAD, Deadline.after(5)))) == ["x"]


def pool_of(*servers: BrpcStandIn) -> BrpcPool:
    return BrpcPool([Address.parse(server.address) for server in servers])


def test_servers_are_asked_in_turn() -> None:
    with serving() as a, serving() as b, serving() as c:
        pool = pool_of(a, b, c)
        ask(pool, 6)
        assert [len(server.calls) for server in (a, b, c)] == [2, 2, 2]
        pool.close()


def test_a_server_that_refuses_rests_twice_as_long_each_time_and_is_welcome_again(clock: Clock) -> None:
    with serving(answer=lambda call: call.fail(2003)) as tired, serving() as other:
        pool = pool_of(tired, other)
        for rest_s in (0.1, 0.2, 0.4):
            before = len(tired.calls)
            ask(pool, 2)  # one of the two begins with the tired server
            assert len(tired.calls) == before + 1
            clock.now_s += rest_s * 0.9
            ask(pool, 4)
            assert len(tired.calls) == before + 1
            clock.now_s += rest_s * 0.2
        tired.answer = echo
        before = len(tired.calls)
        ask(pool, 4)
        assert len(tired.calls) == before + 2
        pool.close()


def test_a_resting_server_is_asked_when_no_other_answers() -> None:
    with serving(answer=lambda call: call.fail(2003, "the server stops")) as tired:
        pool = pool_of(tired)
        for _ in range(2):
            with pytest.raises(Refused, match="the server stops"):
                pool.ask(PAYLOAD, Deadline.after(5))
        tired.answer = echo
        ask(pool)
        pool.close()


def test_a_bad_request_is_nobodys_fault_but_the_callers() -> None:
    with serving(answer=lambda call: call.fail(1003, "bad")) as server, serving() as other:
        pool = pool_of(server, other)
        with pytest.raises(BadInput, match="bad"):
            pool.ask(PAYLOAD, Deadline.after(5))
        ask(pool)
        with pytest.raises(BadInput, match="bad"):
            pool.ask(PAYLOAD, Deadline.after(5))
        assert (len(server.calls), len(other.calls)) == (2, 1)
        pool.close()


def test_no_server_at_all_is_refused_with_the_last_ones_address() -> None:
    with serving() as a, serving() as b:
        pool, last = pool_of(a, b), b.address
    with pytest.raises(Refused, match=f"no server answers at {last}"):
        pool.ask(PAYLOAD, Deadline.after(5))
