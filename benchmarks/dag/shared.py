"""Many gRPC calls on their way over one connection, as bytes made beforehand: as one client that many threads share."""

import asyncio
import time
from collections.abc import Iterator

import uvloop

from benchmarks.asker import Tally
from benchmarks.http2 import ACK, DATA, END_STREAM, GOAWAY, HEAD, HEADERS, PING, SETTINGS, GrpcAsker, frame
from benchmarks.load import Point, Spell, Target, observed
from benchmarks.question import Question


class SharedAsker(GrpcAsker):
    """Keeps `calls` calls on their way, each on a stream of its own; where one ends the next begins."""

    def __init__(self, question: Question, expected: float | None, tally: Tally, calls: int) -> None:
        super().__init__(question.request, question.price, expected, tally)
        self._calls = calls
        self._asked_at: dict[int, float] = {}
        self._answers: dict[int, bytes] = {}

    def data_received(self, data: bytes) -> None:
        """Count the answers that are whole, and ask as often again."""
        self._held = self._held + data if self._held else data
        now = time.perf_counter()
        ended = list(self._ended())
        for stream, answer in ended:
            self._tally.latencies_s.append(now - self._asked_at.pop(stream))
            if len(answer) != self._answer_bytes:
                self._check(answer)
        self._begin(len(ended))

    def _ask(self) -> None:
        self._begin(self._calls)

    def _begin(self, calls: int) -> None:
        if calls and not self._tally.is_over:
            requests = [self._next() for _ in range(calls)]
            now = time.perf_counter()
            self._asked_at |= {self._stream - 2 * back: now for back in range(calls)}
            self._transport.write(b"".join(requests))

    def _ended(self) -> Iterator[tuple[int, bytes]]:
        """Yield each stream that has ended with its messages; what is not whole is held."""
        held, at = self._held, 0
        while len(held) - at >= HEAD.size:
            high, low, kind, flags, stream = HEAD.unpack_from(held, at)
            begin = at + HEAD.size
            at_next = begin + (high << 8) + low
            if len(held) < at_next:
                break
            if kind == DATA:
                self._answers[stream] = self._answers.get(stream, b"") + held[begin:at_next]
            if stream and kind in (DATA, HEADERS) and flags & END_STREAM:
                yield stream, self._answers.pop(stream, b"")
            elif kind in (SETTINGS, PING) and not flags & ACK:
                self._transport.write(frame(kind, ACK, 0, held[begin:at_next] if kind == PING else b""))
            elif kind == GOAWAY:
                self._fail(f"the server says goodbye: {held[begin:at_next]!r}")
            at = at_next
        self._held = held[at:]


def measure_shared(question: Question, target: Target, calls: int, spell: Spell) -> Point:
    """Keep so many calls on their way over one connection; Internal where an answer is wrong."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_measure(question, target, calls, spell))


async def _measure(question: Question, target: Target, calls: int, spell: Spell) -> Point:
    tally = Tally()
    asker = SharedAsker(question, target.price, tally, calls)
    await asyncio.get_running_loop().create_connection(lambda: asker, "127.0.0.1", target.port)
    try:
        return await observed(question.protocol, tally, target, calls, spell)
    finally:
        asker.close()
