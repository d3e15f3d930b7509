"""Clients that ask as fast as they are answered, or at a rate of their own whatever the answers are."""

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import orjson

from benchmarks.housing import FEED, FETCH, NAME, ROW
from benchmarks.question import post
from serving_kit.errors import Internal

_REFUSALS = (429, 503)
_LONGEST_S = 30.0


@dataclass
class Heard:
    """What a crowd heard: the latencies, in seconds, of what was answered and of what was refused."""

    seconds: float = 0.0
    server_cpu_s: float = 0.0
    asked: int = 0
    accepted_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def asked_per_s(self) -> float:
        """Requests sent a second."""
        return self.asked / self.seconds

    @property
    def accepted_per_s(self) -> float:
        """Requests answered a second."""
        return len(self.accepted_s) / self.seconds

    @property
    def accepted_per_cpu_s(self) -> float:
        """Requests answered in a second of the server's processor time."""
        return len(self.accepted_s) / self.server_cpu_s

    @property
    def refused_per_s(self) -> float:
        """Requests refused a second."""
        return len(self.refused_s) / self.seconds

    @property
    def accepted_p50_ms(self) -> float:
        """The time within which half of the answers came."""
        return _percentile_ms(self.accepted_s, 50)

    @property
    def accepted_p99_ms(self) -> float:
        """The time within which 99 % of the answers came."""
        return _percentile_ms(self.accepted_s, 99)

    @property
    def refused_p50_ms(self) -> float:
        """The time within which half of the refusals came."""
        return _percentile_ms(self.refused_s, 50)

    @property
    def refused_p99_ms(self) -> float:
        """The time within which 99 % of the refusals came."""
        return _percentile_ms(self.refused_s, 99)

    def summary(self) -> dict[str, Any]:
        """Return the figures without the single latencies."""
        names = ["asked_per_s", "accepted_per_s", "accepted_per_cpu_s", "accepted_p50_ms", "accepted_p99_ms"]
        names += ["refused_per_s", "refused_p50_ms", "refused_p99_ms"]
        return {name: getattr(self, name) for name in names} | {"failures": len(self.failures)}


class _Line(asyncio.Protocol):
    """A connection with one request on its way at a time."""

    def __init__(self) -> None:
        self._held = b""
        self._answered: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        head_end = self._held.find(b"\r\n\r\n") + 4
        if head_end < 4:
            return
        head = self._held[:head_end].lower()
        start = head.find(b"\r\ncontent-length:") + 17
        if len(self._held) < head_end + int(head[start : head.find(b"\r", start)]):
            return
        self._held = b""
        if self._answered and not self._answered.done():
            self._answered.set_result(int(head[9:12]))

    def connection_lost(self, _: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(Internal("the server closed the connection"))

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Send a request and return the status of its answer, once it is whole."""
        self._answered = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answered


class Crowd:
    """Asks the same question of the server at a port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Line] = []
        tensor = {"name": FEED, "shape": [1, 13], "datatype": "FP32", "data": ROW.array.ravel().tolist()}
        body = orjson.dumps({"inputs": [tensor], "outputs": [{"name": FETCH}]})
        self._request = post(f"/v2/models/{NAME}/infer", body)

    async def closed(self, connections: int, seconds: float) -> Heard:
        """Ask from so many connections, each again as soon as it is answered."""
        heard = Heard()
        began_s = time.perf_counter()

        async def again() -> None:
            while time.perf_counter() - began_s < seconds:
                await self._ask(heard)

        await asyncio.gather(*(again() for _ in range(connections)))
        heard.seconds = time.perf_counter() - began_s
        return heard

    async def opened(self, rate_per_s: float, seconds: float) -> Heard:
        """Ask so often a second, on as many connections as that takes."""
        heard = Heard()
        asking: set[asyncio.Task[None]] = set()
        began_s = time.perf_counter()
        while (now_s := time.perf_counter() - began_s) < seconds:
            for _ in range(int(now_s * rate_per_s) - heard.asked):
                task = asyncio.ensure_future(self._ask(heard))
                asking.add(task)
                task.add_done_callback(asking.discard)
            await asyncio.sleep(0.001)
        heard.seconds = time.perf_counter() - began_s
        counted = replace(heard, accepted_s=list(heard.accepted_s), refused_s=list(heard.refused_s))
        await asyncio.gather(*asking)
        return counted

    def close(self) -> None:
        """Close every connection; none may have a request on its way."""
        for line in self._idle:
            line.transport.close()

    async def _ask(self, heard: Heard) -> None:
        heard.asked += 1
        try:
            line = self._idle.pop() if self._idle else await self._connected()
            asked_s = time.perf_counter()
            status = await asyncio.wait_for(line.ask(self._request), _LONGEST_S)
        except TimeoutError:
            line.transport.abort()
            heard.failures.append("no answer came")
            return
        except (Internal, OSError) as error:
            heard.failures.append(f"{type(error).__name__}: {error}")
            return
        took_s = time.perf_counter() - asked_s
        self._idle.append(line)
        if status == 200:
            heard.accepted_s.append(took_s)
        elif status in _REFUSALS:
            heard.refused_s.append(took_s)
        else:
            heard.failures.append(f"status {status}")

    async def _connected(self) -> _Line:
        _, line = await asyncio.get_running_loop().create_connection(_Line, "127.0.0.1", self._port)
        return line


def _percentile_ms(latencies_s: list[float], percentile: float) -> float:
    return float(np.percentile(latencies_s, percentile)) * 1e3 if latencies_s else 0.0
