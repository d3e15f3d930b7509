"""One connection in this process, without a socket: when it answers, waits, pauses and closes."""

import asyncio
from collections.abc import Callable, Coroutine

import numpy as np
import orjson
import pytest

from serving_kit.batching.executor import Outputs
from serving_kit.service.service import Service
from serving_kit.transports.http import short_way
from serving_kit.transports.http.models import models_lane
from serving_kit.transports.http.short_way import ShortWay
from serving_kit.types import Tensor
from tests.unit.served import LinearEngine
from tests.unit.transports.instant import FakeTransport, instant

BODY = orjson.dumps({"tensor": [{"float_data": [0.5] * 13, "elem_type": 1, "shape": [1, 13]}]})
REQUEST = b"POST /GeneralModelService/inference HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
HEALTH = b"GET /health HTTP/1.1\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


class LateExecutor:
    """Answers when it is told to; `waiting` holds the futures that were asked for."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[Outputs]] = []

    def check_room(self) -> None: ...

    def submit(self, *_: object) -> asyncio.Future[Outputs]:
        self.waiting.append(asyncio.get_running_loop().create_future())
        return self.waiting[-1]

    async def answer(self) -> None:
        """Answer the oldest, and let the answer go out."""
        self.waiting.pop(0).set_result(LinearEngine().run({"x": Tensor(np.full((1, 13), 0.5, np.float32))}))
        await asyncio.sleep(0)

    def close(self) -> None: ...


class Opened:
    """A connection of a lane, its other end, and its model's executor."""

    def __init__(self) -> None:
        model = instant()
        self.late = LateExecutor()
        self.service = Service([model])
        self.lane = models_lane(self.service, max_body_bytes=1 << 20)
        self.model = model

    async def __aenter__(self) -> "Opened":
        await self.lane.start()
        self.connection = self.lane.connection()
        assert isinstance(self.connection, ShortWay)
        self.transport = FakeTransport()
        self.connection.connection_made(self.transport)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.connection.connection_lost(None)
        await self.lane.stop(1)

    def ask_late(self) -> None:
        self.model.executor = self.late

    @property
    def answers(self) -> int:
        return self.transport.written.count(OK)


def opened(test: Callable[[Opened], Coroutine[None, None, None]]) -> Callable[[], None]:
    async def run() -> None:
        async with Opened() as it:
            await test(it)

    def ran() -> None:
        asyncio.run(run())

    ran.__name__ = test.__name__
    return ran


@opened
async def test_a_tiny_model_is_answered_before_the_read_returns_in_one_write(it: Opened) -> None:
    it.connection.data_received(REQUEST)
    assert len(it.transport.chunks) == 1
    assert it.transport.written.endswith(b"}")


@opened
async def test_answers_go_out_in_order_one_after_the_other(it: Opened) -> None:
    it.ask_late()
    it.connection.data_received(REQUEST + REQUEST[:30])
    it.connection.data_received(REQUEST[30:] + HEALTH)
    assert (len(it.late.waiting), it.answers) == (1, 0)
    await it.late.answer()
    assert (len(it.late.waiting), it.answers) == (1, 1)
    await it.late.answer()
    for _ in range(50):
        await asyncio.sleep(0)
    assert (it.answers, it.transport.written[-2:]) == (3, b"OK")
    it.connection.data_received(REQUEST)
    await it.late.answer()
    assert it.answers == 4


@opened
async def test_many_requests_at_once_leave_others_their_turn(it: Opened) -> None:
    it.connection.data_received(REQUEST * (2 * short_way._MOST_IN_TURN))
    assert it.answers == short_way._MOST_IN_TURN
    for _ in range(3):
        await asyncio.sleep(0)
    assert it.answers == 2 * short_way._MOST_IN_TURN


@opened
async def test_what_comes_while_one_is_answered_is_read_no_further_than_needed(it: Opened) -> None:
    it.ask_late()
    it.connection.data_received(REQUEST)
    it.connection.data_received(REQUEST)
    assert not it.transport.is_paused
    it.connection.data_received(REQUEST * (short_way._MOST_HELD_BYTES // len(REQUEST)))
    assert it.transport.is_paused
    for _ in range(2):
        await it.late.answer()
    assert not it.transport.is_paused


@opened
async def test_a_client_that_does_not_read_is_not_asked_for_more(it: Opened) -> None:
    it.connection.pause_writing()
    it.connection.data_received(REQUEST)
    assert it.answers == 0
    it.connection.resume_writing()
    assert it.answers == 1


@opened
async def test_a_connection_that_is_lost_gives_its_request_up(it: Opened) -> None:
    it.ask_late()
    it.connection.data_received(REQUEST * 2)
    it.connection.connection_lost(None)
    assert it.late.waiting[0].cancelled()
    assert it.service.models[0].statistics.fail.count == 1
    await asyncio.sleep(0)
    assert (len(it.late.waiting), it.answers) == (1, 0)


@pytest.mark.parametrize("begins", [REQUEST, REQUEST[:-5]])
def test_a_lane_that_stops_finishes_the_request_on_its_way(begins: bytes) -> None:
    @opened
    async def test(it: Opened) -> None:
        it.ask_late()
        it.connection.data_received(begins)
        it.connection.shutdown()
        assert not it.transport.is_closing()
        it.connection.data_received(REQUEST[len(begins) :])
        await it.late.answer()
        assert (it.answers, it.transport.is_closing()) == (1, True)

    test()


@opened
async def test_a_client_that_closed_its_side_is_answered_what_it_asked(it: Opened) -> None:
    it.ask_late()
    it.connection.data_received(REQUEST * 2)
    assert it.connection.eof_received() is True
    await it.late.answer()
    assert not it.transport.is_closing()
    await it.late.answer()
    assert (it.answers, it.transport.is_closing()) == (2, True)


@opened
async def test_idle_is_who_sends_nothing_and_waits_for_nothing(it: Opened) -> None:
    connection, soon_s = it.connection, asyncio.get_running_loop().time() + 60
    assert connection.is_idle_since(soon_s)
    it.ask_late()
    for request, is_idle in ((REQUEST[:-5], True), (REQUEST[-5:], False)):
        connection.data_received(request)
        assert connection.is_idle_since(soon_s) is is_idle
    assert not connection.is_idle_since(soon_s - 120)
    await it.late.answer()
    assert connection.is_idle_since(soon_s)


@opened
async def test_a_body_in_parts_is_put_together_and_never_expected_as_a_whole(it: Opened) -> None:
    size = 1 << 20
    it.connection.data_received(b"POST /any/prediction HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)
    assert len(it.connection._body) == 0  # what a client only announces takes no memory
    for start in range(0, size, 1 << 18):
        it.connection.data_received(b" " * min(1 << 18, size - start))
    assert b"the body is not JSON" in it.transport.written
