"""HTTP/1.1 on connections: uvicorn, without a socket of its own."""

import asyncio
import re
from typing import cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving_kit.service.service import Service
from serving_kit.transports.http.app import MAX_BODY_BYTES, create_app
from serving_kit.transports.lane import IDLE_TIMEOUT_S, LINGER_S

MAX_HEAD_BYTES = 1 << 20  # the parser itself keeps whatever a client sends before a body
_OFFER_OF_HTTP_2 = re.compile(rb"\r\nupgrade(?=:[ \t]*h2c[ \t]*\r\n)", re.IGNORECASE)


class HttpLane:
    """Every route of the application; what is no protocol at all gets its 400 here."""

    name = "http"

    def __init__(self, service: Service, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._config = uvicorn.Config(
            create_app(service, max_body_bytes=max_body_bytes),
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            # bRPC sends Content-Type and Content-Length and nothing else.
            server_header=False,
            proxy_headers=False,  # nothing here asks who the client is, and every request would pay for it
            date_header=False,
            timeout_keep_alive=int(IDLE_TIMEOUT_S),
        )
        self._server = uvicorn.Server(self._config)

    def claims(self, _: bytes) -> bool | None:
        """Claim whatever is left."""
        return True

    async def start(self) -> None:
        """Load the application."""
        self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[])

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        state = self._server.server_state
        return cast(asyncio.Protocol, _Protocol(self._config, state, self._server.lifespan.state))

    async def stop(self, timeout_s: float) -> None:
        """Answer what was asked, for at most `timeout_s` seconds, and close."""
        self._config.timeout_graceful_shutdown = max(1, int(timeout_s))
        await self._server.shutdown(sockets=[])


class _Protocol(HttpToolsProtocol):
    """Closes a connection whose client sends headers without end or falls silent within a request.

    Answers a client that has closed its own side, where the answer comes soon. Passes over `Upgrade: h2c`, which the
    JDK's client sends: the parser would drop that request's body.
    """

    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._expect_more()

    def data_received(self, data: bytes) -> None:
        if self.cycle is None or self.cycle.response_complete:
            head_end = data.find(b"\r\n\r\n") + 2
            offer = _OFFER_OF_HTTP_2.search(data, 0, head_end if head_end > 1 else len(data))
            if offer:  # a name of the same length, so that nothing moves
                data = data[: offer.start()] + b"\r\nx-offer" + data[offer.end() :]
        super().data_received(data)
        self._head_bytes += len(data)  # and what came before the head in the same read, which is little
        if self.transport.is_closing():
            return
        if self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response(f"the headers are larger than {MAX_HEAD_BYTES} bytes; send less")
        elif not self.pipeline and (self.cycle is None or self.cycle.response_complete or self.cycle.more_body):
            self._expect_more()

    def eof_received(self) -> bool | None:  # type: ignore[override] # asyncio keeps the connection where it is true
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return None
        self.cycle.keep_alive = False
        self.loop.call_later(LINGER_S, self.transport.close)
        return True

    def on_message_begin(self) -> None:
        self._head_bytes = 0
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0  # trailers and the sizes of chunks count too, until data comes
        super().on_body(body)

    def _expect_more(self) -> None:
        """Close where nothing comes for the idle time; uvicorn waits so long after an answer only."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
