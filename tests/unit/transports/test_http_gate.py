"""One connection in this process, without a socket, to a lane that wants a key."""

import asyncio
import re
from collections.abc import Callable, Coroutine

import orjson
import pytest

from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.http.app import MAX_BODY_BYTES
from serving_kit.transports.http.gate import FREE
from serving_kit.transports.http.models import models_lane
from serving_kit.transports.http.short_way import ShortWay
from tests.unit.transports.instant import FakeTransport, instant

KEY = "correct-horse-battery"
OTHER = "staple-that-battery"
INFER = "/GeneralModelService/inference"
BODY = orjson.dumps({"tensor": [{"float_data": [0.5] * 13, "elem_type": 1, "shape": [1, 13]}]})
REFUSAL = b"the request carries no API key that this server knows; send one as `Authorization: Bearer KEY` or as "


def request(*headers: str, start: str = f"POST {INFER}", body: bytes = BODY, length: int | None = None) -> bytes:
    lines = [f"{start} HTTP/1.1", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Opened:
    """A connection of a lane that knows two keys."""

    def __init__(self) -> None:
        keys = ApiKeys([KEY, "another-of-the-keys"])
        self.lane = models_lane(Service([instant()]), max_body_bytes=MAX_BODY_BYTES, keys=keys)
        self.transport = FakeTransport()

    async def __aenter__(self) -> "Opened":
        await self.lane.start()
        connection = self.lane.connection()
        assert isinstance(connection, ShortWay)
        self.connection = connection
        connection.connection_made(self.transport)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.connection.connection_lost(None)
        await self.lane.stop(1)

    async def statuses(self, *requests: bytes) -> list[int]:
        """Send in one go, and return the statuses of what is answered."""
        self.transport.chunks.clear()
        self.connection.data_received(b"".join(requests))
        for _ in range(150):  # turns of the loop; nothing here waits for anything else
            await asyncio.sleep(0)
        return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", self.transport.written)]


def opened(test: Callable[[Opened], Coroutine[None, None, None]]) -> Callable[[], None]:
    async def run() -> None:
        async with Opened() as it:
            await test(it)

    def ran() -> None:
        asyncio.run(run())

    ran.__name__ = test.__name__
    return ran


@opened
async def test_a_key_in_either_header_takes_the_short_way_and_the_long_one_to_the_same_answer(it: Opened) -> None:
    answers = set()
    for header in (f"Authorization: Bearer {KEY}", f"authorization:  bearer {KEY} ", f"X-API-Key: {KEY} "):
        it.connection.data_received(request(header))
        assert len(it.transport.chunks) == 1, "not answered before the read returned"
        answers.add(re.sub(rb"profile_time.*?\]", b"", it.transport.written))
        assert await it.statuses(request(header, "TE: x")) == [200]  # uvicorn's
        answers.add(re.sub(rb"profile_time.*?\]", b"", it.transport.written))
        it.transport.chunks.clear()
    assert len(answers) == 1


@opened
async def test_no_key_and_a_wrong_one_are_refused_on_both_ways(it: Opened) -> None:
    wrong = ("X-Nothing: a", f"Authorization: Bearer {OTHER}", f"X-API-Key: {OTHER}", f"Authorization: {KEY}")
    for header in wrong:
        for odd in ("X-Odd: a", "TE: x"):
            assert await it.statuses(request(header, odd)) == [401]
            assert b"www-authenticate: Bearer\r\n" in it.transport.written
            assert b"\r\n\r\n[127.0.0.1:9393][E1004]" + REFUSAL in it.transport.written
            assert OTHER.encode() not in it.transport.written
    assert not it.transport.is_closing()


@opened
async def test_requests_behind_one_another_are_each_judged_by_their_own_key(it: Opened) -> None:
    right, wrong = request(f"X-API-Key: {KEY}"), request(f"X-API-Key: {OTHER}")
    assert await it.statuses(right, wrong, right, right, request(), wrong) == [200, 401, 200, 200, 401, 401]
    assert await it.statuses(right) == [200]


@opened
async def test_only_whether_the_server_lives_is_told_to_anybody(it: Opened) -> None:
    for path in sorted(FREE):
        assert await it.statuses(request(start=f"GET {path}", body=b"")) == [200]
        assert await it.statuses(request(start=f"POST {path}", body=b"")) == [401]
    for path in ("/metrics", "/openapi.json", "/v2", "/v2/models", "/nothing", "/health/", "//health"):
        assert await it.statuses(request(start=f"GET {path}", body=b"")) == [401]
    assert await it.statuses(request(f"X-API-Key: {KEY}", start="GET /v2/models", body=b"")) == [200]


@opened
async def test_the_open_inference_protocol_is_refused_in_its_own_words(it: Opened) -> None:
    assert await it.statuses(request(start="POST /v2/models/uci_housing/infer")) == [401]
    assert b'\r\n\r\n{"error":"' + REFUSAL in it.transport.written


@pytest.mark.parametrize(
    "unread",
    [
        request(length=100_000_000),
        request("Expect: 100-continue", body=b"", length=5),
        f"POST {INFER} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode(),
    ],
)
def test_a_body_that_is_not_welcome_is_not_waited_for(unread: bytes) -> None:
    async def refused() -> None:
        async with Opened() as it:
            assert await it.statuses(unread) == [401]
            assert b"\r\nconnection: close\r\n" in it.transport.written
            assert it.transport.is_closing()

    asyncio.run(refused())


@opened
async def test_a_small_body_that_comes_late_is_passed_over(it: Opened) -> None:
    assert await it.statuses(request(body=BODY[:5], length=len(BODY))) == [401]
    assert await it.statuses(BODY[5:] + request(f"X-API-Key: {KEY}")) == [200]
