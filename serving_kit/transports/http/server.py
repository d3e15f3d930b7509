"""The HTTP server: uvicorn on a socket bound here, so that a port in use is one clear sentence."""

import asyncio
import re
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving_kit.errors import BadInput
from serving_kit.service.service import Service
from serving_kit.transports.http.app import MAX_BODY_BYTES, create_app

IDLE_TIMEOUT_S = 80  # Paddle Serving's idle_timeout_s
MAX_HEAD_BYTES = 1 << 20  # the parser itself keeps whatever a client sends before a body
BACKLOG = 2048
_OFFER_OF_HTTP_2 = re.compile(rb"\r\nupgrade(?=:[ \t]*h2c[ \t]*\r\n)", re.IGNORECASE)


class HttpServer:
    """A service on one port; bound once constructed, answering once `run` says so to `on_ready`."""

    def __init__(
        self,
        service: Service,
        *,
        host: str = "127.0.0.1",
        port: int = 9393,
        max_body_bytes: int = MAX_BODY_BYTES,
        drain_timeout_s: int = 30,
    ) -> None:
        """Bind the port (0: a free one); BadInput where it is in use or the host is not this machine's."""
        self._socket = bind(host, port)
        self._server = _Server(service, max_body_bytes, drain_timeout_s)

    @property
    def port(self) -> int:
        """Return the port it listens on."""
        return int(self._socket.getsockname()[1])

    def run(self, on_ready: Callable[[int], None] = lambda _: None) -> None:
        """Serve until `stop`, SIGINT or SIGTERM, then finish what runs; `on_ready` gets the port.

        In the main thread the signal that ended it is raised again, to the handler that was set before.
        """
        with self._socket:
            self._server.on_ready = lambda: on_ready(self.port)
            self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """Ask `run` to finish; safe from any thread."""
        self._server.should_exit = True


class _Server(uvicorn.Server):
    def __init__(self, service: Service, max_body_bytes: int, drain_timeout_s: int) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(service, max_body_bytes=max_body_bytes),
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                # bRPC sends Content-Type and Content-Length and nothing else.
                server_header=False,
                date_header=False,
                timeout_keep_alive=IDLE_TIMEOUT_S,
                timeout_graceful_shutdown=drain_timeout_s,
                backlog=BACKLOG,
            )
        )
        self.service = service
        self.on_ready: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.service.is_ready = False
        await super().shutdown(sockets)


class _Protocol(HttpToolsProtocol):
    """Closes a connection whose client sends headers without end or falls silent within a request.

    Passes over `Upgrade: h2c`, which the JDK's client sends: the parser would drop that request's body.
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


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket (port 0: a free one); BadInput where the port is in use or the host is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).split(" (while")[0]
        raise BadInput(f"cannot listen on {host} port {port}: {reason}; choose another --port or --host") from None
