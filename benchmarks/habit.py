"""What clients do to a server over the days, the bad ones too; each of these does it once and checks the outcome."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import numpy as np

from benchmarks.housing import FEED, FETCH, NAME
from serving_kit.clients import connect_async
from serving_kit.errors import BadInput, Internal, NotFound
from serving_kit.types import Array

_COLUMNS = 13
_MOST_ROWS = 64
_LARGE_ROWS = 20_000
_CALLS_A_CONNECTION = 20
_CROWD = 24


@dataclass
class Visit:
    """A server's port, and the chance that decides what is asked."""

    port: int
    chance: random.Random = field(default_factory=random.Random)

    def rows(self, count: int) -> Array:
        """Return so many rows of thirteen numbers, float32, each exact in binary."""
        values = [self.chance.randrange(-64, 64) / 8 for _ in range(_COLUMNS)]
        return np.tile(np.array(values, np.float32), (count, 1))


Habit = Callable[[Visit], Awaitable[int]]
"""Does its thing once and returns how many requests that were; Internal where the server did not do what it should."""


def _client(scheme: str) -> Habit:
    async def ask(visit: Visit) -> int:
        async with connect_async(f"{scheme}://127.0.0.1:{visit.port}", model=NAME) as client:
            for _ in range(_CALLS_A_CONNECTION):
                rows = visit.rows(visit.chance.randint(1, _MOST_ROWS))
                _check((await client.predict({FEED: rows}))[FETCH], rows)
        return _CALLS_A_CONNECTION

    return ask


def _quitter(scheme: str) -> Habit:
    async def ask(visit: Visit) -> int:
        async with connect_async(f"{scheme}://127.0.0.1:{visit.port}", model=NAME, retries=0) as client:
            asking = asyncio.ensure_future(client.predict({FEED: visit.rows(_LARGE_ROWS)}))
            await asyncio.sleep(visit.chance.random() / 50)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        return 1

    return ask


async def _general_json(visit: Visit) -> int:
    async with httpx.AsyncClient() as http:
        for _ in range(_CALLS_A_CONNECTION):
            rows = visit.rows(1)
            body = {"feed": [{FEED: rows[0].tolist()}], "fetch": [FETCH]}
            answer = await http.post(f"http://127.0.0.1:{visit.port}/{NAME}/prediction", json=body)
            _check(np.array(answer.json()["result"][FETCH]), rows)
    return _CALLS_A_CONNECTION


async def _wrong_requests(visit: Visit) -> int:
    """Ask over HTTP for what cannot be."""
    path = f"http://127.0.0.1:{visit.port}/v2/models/{NAME}/infer"
    tensor = {"name": FEED, "shape": [1, 12], "datatype": "FP32", "data": [0] * 12}
    async with httpx.AsyncClient() as http:
        seen = [
            (await http.post(path, content=b"{no json")).status_code,
            (await http.post(path, json={"inputs": [tensor]})).status_code,
            (await http.post(path.replace(NAME, "nobody"), json={"inputs": [tensor]})).status_code,
            (await http.get(f"http://127.0.0.1:{visit.port}/no/such/page")).status_code,
        ]
    if seen != [400, 400, 404, 404]:
        raise Internal(f"wrong requests were answered {seen}, not 400, 400, 404, 404")
    return len(seen)


def _wrong_shape(scheme: str) -> Habit:
    async def ask(visit: Visit) -> int:
        async with connect_async(f"{scheme}://127.0.0.1:{visit.port}", model=NAME) as client:
            try:
                await client.predict({FEED: np.zeros((2, 12), np.float32)})
            except (BadInput, NotFound):
                return 1
        raise Internal(f"{scheme}: twelve columns were taken for thirteen")

    return ask


async def _noise(visit: Visit) -> int:
    """Send bytes of no protocol, or the beginning of one, and leave."""
    beginnings = (
        b"PRPC\0\0\0\x10",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /x HTTP/1.1\r\nContent-Length: 99\r\n\r\n{",
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", visit.port)
    writer.write(visit.chance.choice((*beginnings, visit.chance.randbytes(200))))
    try:
        await asyncio.wait_for(reader.read(1 << 16), visit.chance.random() / 10)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.transport.abort()
    return 1


async def crowd(visit: Visit) -> int:
    """Ask for much at once, so that the server starts all the threads that it will ever need."""
    rows = visit.rows(_LARGE_ROWS)
    async with connect_async(f"http://127.0.0.1:{visit.port}", model=NAME) as client:
        for answer in await asyncio.gather(*(client.predict({FEED: rows}) for _ in range(_CROWD))):
            _check(answer[FETCH], rows)
    return _CROWD


def _check(answered: Array, rows: Array) -> None:
    expected = rows.sum(axis=1, keepdims=True) + 1
    if answered.shape != expected.shape or not np.array_equal(answered, expected):
        raise Internal(f"{len(rows)} rows were answered with something else than their sums")


HABITS: dict[str, Habit] = {
    "HTTP client": _client("http"),
    "gRPC client": _client("grpc"),
    "bRPC client": _client("brpc"),
    "web service": _general_json,
    "HTTP, gives up": _quitter("http"),
    "gRPC, gives up": _quitter("grpc"),
    "bRPC, gives up": _quitter("brpc"),
    "wrong requests": _wrong_requests,
    "gRPC, wrong shape": _wrong_shape("grpc"),
    "bRPC, wrong shape": _wrong_shape("brpc"),
    "noise": _noise,
}
