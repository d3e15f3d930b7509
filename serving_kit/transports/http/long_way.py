"""uvicorn's way from a connection to the application, which takes every request that is not taken from it."""

import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving_kit.transports.lane import LINGER_S

MAX_HEAD_BYTES = 1 << 20  # the parser itself keeps whatever a client sends before a body
_OFFER_OF_HTTP_2 = re.compile(rb"\r\nupgrade(?=:[ \t]*h2c[ \t]*\r\n)", re.IGNORECASE)


class LongWay(HttpToolsProtocol):
    """Closes a connection whose client sends headers without end, and tells when another way may read the next request.

    Answers a client that has closed its own side, where the answer comes soon. Passes over `Upgrade: h2c`, which the
    JDK's client sends: the parser would drop that request's body.
    """

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self._head_bytes = 0
        self._is_within = False
        self._is_upgraded = False

    @property
    def is_answering(self) -> bool:
        """Whether a request has come whole and its answer has not gone out."""
        cycle = self.cycle
        return bool(self.pipeline) or not (cycle is None or cycle.response_complete or cycle.more_body)

    @property
    def is_free(self) -> bool:
        """Whether the parser is between two requests, the one before is answered, and another way may read the next."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and not self._is_within and not self._is_upgraded and not self.pipeline

    def data_received(self, data: bytes) -> None:
        """Hand data to the parser, and refuse headers without end."""
        if self.cycle is None or self.cycle.response_complete:
            head_end = data.find(b"\r\n\r\n") + 2
            offer = _OFFER_OF_HTTP_2.search(data, 0, head_end if head_end > 1 else len(data))
            if offer:  # a name of the same length, so that nothing moves
                data = data[: offer.start()] + b"\r\nx-offer" + data[offer.end() :]
        super().data_received(data)
        self._head_bytes += len(data)  # and what came before the head in the same read, which is little
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"the headers are larger than {MAX_HEAD_BYTES} bytes; send less")

    def eof_received(self) -> bool | None:  # type: ignore[override] # asyncio keeps the connection where it is true
        """Answer what came, where that is soon done."""
        if not self.is_answering:
            return None
        self.cycle.keep_alive = False
        self.loop.call_later(LINGER_S, self.transport.close)
        return True

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._is_within = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note a request that wants another protocol: what follows it may be no HTTP."""
        self._is_upgraded = self._is_upgraded or self.parser.should_upgrade()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count from here what is no body."""
        self._head_bytes = 0  # trailers and the sizes of chunks count too, until data comes
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that a request has come whole."""
        self._is_within = False
        super().on_message_complete()
