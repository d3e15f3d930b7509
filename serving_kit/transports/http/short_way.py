"""A connection that answers inferences itself and leaves every other request to uvicorn.

The way through uvicorn, its task and ASGI's messages costs more than all the rest of a small request. Only requests
whose head comes in one read take the short way, and only where nothing about them is out of the ordinary (see `head`).
Requests of one connection are answered one after the other, in the order they came.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from serving_kit.errors import ServingKitError
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.head import Head, Heads
from serving_kit.transports.http.long_way import LongWay
from serving_kit.transports.http.question import Asked, Question
from serving_kit.transports.http.status import Server
from serving_kit.transports.lane import LINGER_S
from serving_kit.types import Body

_MOST_HELD_BYTES = 1 << 16
_MOST_IN_TURN = 16  # requests that came at once; then other connections have their turn

HeadsOf = Callable[[Server], Heads]
"""Returns the heads known on an address of the server."""


class ShortWay(LongWay):
    """One connection; `heads_of` says what it may answer itself, and `opened` holds it for as long as it is open."""

    def __init__(self, heads_of: HeadsOf, opened: "set[ShortWay]", **fields: Any) -> None:
        super().__init__(**fields)
        self._heads_of = heads_of
        self._opened = opened
        self._held = b""  # came while it could not be looked at
        self._body = bytearray()
        self._coming: Head | None = None  # the head of the request whose body is on its way
        self._is_asking = self._is_asked = self._is_ending = False
        self._is_shared = False  # whether uvicorn has had a request of it
        self._pending: Asked | None = None
        self._read_at_s = self.loop.time()

    @property
    def is_answering(self) -> bool:
        """Whether a request has come whole and its answer has not gone out."""
        return self._is_asked or super().is_answering

    def is_idle_since(self, moment_s: float) -> bool:
        """Tell whether nothing has come since a time of the loop's clock, and nothing is being answered."""
        return self._read_at_s < moment_s and not self.is_answering

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Begin to read."""
        super().connection_made(transport)
        self._opened.add(self)
        self._heads = self._heads_of(self.server)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what is not answered."""
        self._opened.discard(self)
        if self._pending:
            self._pending.cancel()
            self._pending = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer requests, or leave them to uvicorn, or keep them until they can be looked at."""
        self._read_at_s = self.loop.time()
        if self._coming:
            self._collect(self._coming, data)
        elif self._held or self._is_asked:
            self._hold(data)
        else:
            self._go_on(data)

    def eof_received(self) -> bool | None:  # type: ignore[override] # as on the long way
        """Answer what came, where that is soon done."""
        if not self._is_asked and not self._held:
            return super().eof_received()
        self._is_ending = True
        self.loop.call_later(LINGER_S, self.transport.close)
        return True

    def resume_writing(self) -> None:
        """Go on with what was not answered because the client did not read."""
        super().resume_writing()
        self._resume()

    def shutdown(self) -> None:
        """Finish the request that is on its way, if there is one, and close."""
        if self._is_asked or self._coming or self._held:
            self._is_ending = True
        else:
            super().shutdown()

    def _go_on(self, data: bytes) -> None:
        """Answer what came, and close after it where nothing more is wanted."""
        self._take(data)
        if self._is_ending and self.is_free and not (self._is_asked or self._held or self._coming):
            self.transport.close()

    def _take(self, data: bytes) -> None:
        """Take one request after the other out of what came, for as long as they are answered at once."""
        turn = 0
        while data:
            if self._is_shared and not self.is_free:
                super().data_received(data)
                return
            if self._is_asked or turn == _MOST_IN_TURN or self.flow.write_paused:
                self._hold(data)
                if turn == _MOST_IN_TURN:
                    self.loop.call_soon(self._resume)
                return
            head = self._heads.find(data)
            end = 0 if head is None else head.head_bytes + head.body_bytes
            if head is None or (len(data) < end and not _is_welcome(head.question)):  # else refused before its body
                self._is_shared = True
                super().data_received(data)
                return
            if len(data) < end:
                self._coming, self._body = head, bytearray(memoryview(data)[head.head_bytes :])
                return
            turn += 1
            body, data = data[head.head_bytes : end], data[end:]
            self._ask(head.question, body)

    def _collect(self, head: Head, data: bytes) -> None:
        lacking = head.body_bytes - len(self._body)
        self._body += data if len(data) <= lacking else memoryview(data)[:lacking]
        if len(data) >= lacking:
            body, self._coming, self._body = self._body, None, bytearray()
            self._ask(head.question, body)
            self._go_on(data[lacking:])

    def _ask(self, question: Question, body: Body) -> None:
        if self._is_shared:
            self._unset_keepalive_if_required()
        self._is_asking = self._is_asked = True
        pending = question.ask(body, self._answer)
        self._is_asking = False
        if self._is_asked:
            self._pending = pending

    def _answer(self, answer: Answer) -> None:
        self._is_asked = False
        self._pending = None
        if self.transport.is_closing():
            return
        self.transport.write(answer.written())
        if not self._is_asking:
            self._resume()

    def _hold(self, data: bytes) -> None:
        self._held += data
        if len(self._held) > _MOST_HELD_BYTES:
            self.flow.pause_reading()

    def _resume(self) -> None:
        """Look at what was held."""
        if self._is_asked or self.flow.write_paused or not (self._held or self._is_ending):
            return
        data, self._held = self._held, b""
        self.flow.resume_reading()
        self._go_on(data)

    def leave(self) -> None:
        """Close, once what was written has gone out."""
        self.transport.close()


def _is_welcome(question: Question) -> bool:
    try:
        question.check()
    except ServingKitError:
        return False
    return True
