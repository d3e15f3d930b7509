"""Many calls over one connection: which answer belongs to which call, and what is wrong with one."""

import struct

import pytest

from benchmarks.asker import Tally
from benchmarks.dag.shared import SharedAsker
from benchmarks.http2 import ACK, DATA, END_STREAM, HEAD, HEADERS, PING, SETTINGS, GrpcAsker, call, frame
from benchmarks.question import Question


class Wire:
    """Stands for a connection: keeps what was written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def frames(self) -> list[tuple[int, int, int]]:
        """Kind, flags and stream of what was written since the last look, without the greeting's first bytes."""
        held, found = self.written.removeprefix(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), []
        while held:
            high, low, kind, flags, stream = HEAD.unpack_from(held)
            found.append((kind, flags, stream))
            held = held[HEAD.size + (high << 8) + low :]
        self.written = b""
        return found


@pytest.fixture
def wire() -> Wire:
    return Wire()


def asking(wire: Wire, calls: int, expected: float | None = 1.0) -> tuple[SharedAsker, Tally]:
    tally = Tally()
    question = Question("q", GrpcAsker, call("/s/m", b"asked"), lambda answer: float(answer[5:]))
    asker = SharedAsker(question, expected, tally, calls)
    asker.connection_made(wire)  # type: ignore[arg-type] # all that it uses of a transport
    return asker, tally


def answered(stream: int, text: bytes = b"1") -> bytes:
    body = struct.pack(">BI", 0, len(text)) + text
    return frame(HEADERS, 4, stream, b"h") + frame(DATA, 0, stream, body) + frame(HEADERS, END_STREAM, stream, b"t")


def begun(wire: Wire) -> list[int]:
    return [stream for kind, _, stream in wire.frames() if kind == HEADERS]


def test_so_many_calls_are_on_their_way_from_the_start(wire: Wire) -> None:
    asking(wire, 3)
    assert begun(wire) == [1, 3, 5]


def test_where_a_call_ends_the_next_begins_whatever_the_order(wire: Wire) -> None:
    asker, tally = asking(wire, 3)
    begun(wire)
    asker.data_received(answered(5) + answered(1))
    assert begun(wire) == [7, 9]
    asker.data_received(answered(3))
    assert begun(wire) == [11]
    assert (len(tally.latencies_s), tally.failures) == (3, [])


def test_answers_may_come_in_pieces_and_interleaved(wire: Wire) -> None:
    asker, tally = asking(wire, 2)
    begun(wire)
    first, second = answered(1), answered(3)
    head = len(frame(HEADERS, 4, 1, b"h"))
    whole = first[:head] + second[:head] + second[head:] + first[head:]
    for at in range(0, len(whole), 7):
        asker.data_received(whole[at : at + 7])
    assert begun(wire) == [5, 7]
    assert (len(tally.latencies_s), tally.failures) == (2, [])


def test_settings_and_pings_are_acknowledged(wire: Wire) -> None:
    asker, _ = asking(wire, 1)
    wire.frames()
    asker.data_received(frame(SETTINGS, 0, 0, b"") + frame(PING, 0, 0, b"12345678") + frame(SETTINGS, ACK, 0, b""))
    assert wire.frames() == [(SETTINGS, ACK, 0), (PING, ACK, 0)]


def test_a_wrong_answer_ends_the_run(wire: Wire) -> None:
    asker, tally = asking(wire, 2)
    begun(wire)
    asker.data_received(answered(1, b"2"))
    assert tally.failures == ["the price was 2.0, not 1.0"]
    assert begun(wire) == []
