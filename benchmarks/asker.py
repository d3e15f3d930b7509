"""One connection of a load generator: a request as bytes made beforehand, an answer, the same request again."""

import asyncio
import struct
import time
from collections.abc import Callable

Price = Callable[[bytes], float]
"""Reads the price out of one whole answer."""


class Tally:
    """What all connections of a run have seen; `is_over` ends their asking."""

    def __init__(self) -> None:
        self.latencies_s: list[float] = []
        self.failures: list[str] = []
        self.is_over = False


class Asker(asyncio.Protocol):
    """Asks one question at a time. The first answer is read; the others count where they are as long as the first.

    The generator shares a machine with what it measures, so nothing is decoded that need not be.
    """

    def __init__(self, request: bytes, price: Price, expected: float | None, tally: Tally) -> None:
        self._request = request
        self._price = price
        self._expected = expected
        self._tally = tally
        self._held = b""
        self._answer_bytes = 0
        self._asked_s = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # of a stream it is one
        """Begin to ask."""
        self._transport = transport
        self._greet()
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Count an answer once it is whole, and ask again."""
        self._held = self._held + data if self._held else data
        answer = self._take()
        if answer is None:
            return
        self._tally.latencies_s.append(time.perf_counter() - self._asked_s)
        if len(answer) != self._answer_bytes:
            self._check(answer)
        self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        """End the run where a connection ends before it."""
        if not self._tally.is_over:
            self._fail("the server closed a connection")

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _greet(self) -> None:
        """Send what goes before the first request."""

    def _ask(self) -> None:
        if not self._tally.is_over:
            self._asked_s = time.perf_counter()
            self._transport.write(self._next())

    def _next(self) -> bytes:
        return self._request

    def _take(self) -> bytes | None:
        """Take an answer out of what is held; None while it is not whole."""
        raise NotImplementedError

    def _check(self, answer: bytes) -> None:
        if self._answer_bytes:
            self._fail(f"an answer of {len(answer)} bytes followed one of {self._answer_bytes}: {answer[:300]!r}")
        self._answer_bytes = len(answer)
        try:
            found = self._price(answer)
        except Exception as error:  # noqa: BLE001 - whatever the codec says of an answer that is none
            self._fail(f"{answer[:300]!r} holds no price ({type(error).__name__}: {error})")
            return
        if self._expected is not None and found != self._expected:
            self._fail(f"the price was {found}, not {self._expected}")

    def _fail(self, reason: str) -> None:
        self._tally.failures.append(reason)
        self._tally.is_over = True


class HttpAsker(Asker):
    """HTTP/1.1 with keep-alive; an answer is its head and its body."""

    def _take(self) -> bytes | None:
        head_end = self._held.find(b"\r\n\r\n") + 4
        if head_end < 4:
            return None
        head = self._held[:head_end].lower()
        start = head.find(b"\r\ncontent-length:") + 17
        end = head_end + int(head[start : head.find(b"\r", start)])
        if len(self._held) < end:
            return None
        answer, self._held = self._held[:end], self._held[end:]
        return answer


class BrpcAsker(Asker):
    """baidu_std; an answer is a frame."""

    _HEADER = struct.Struct(">4sII")

    def _take(self) -> bytes | None:
        if len(self._held) < self._HEADER.size:
            return None
        end = self._HEADER.size + self._HEADER.unpack_from(self._held)[1]
        if len(self._held) < end:
            return None
        answer, self._held = self._held[:end], self._held[end:]
        return answer
