"""HTTP/1.1 on connections: inferences on the short way, everything else by uvicorn, without a socket of its own."""

import asyncio
from functools import partial
from typing import cast

import uvicorn

from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.http.app import MAX_BODY_BYTES, create_app
from serving_kit.transports.http.gate import Gate, admitted
from serving_kit.transports.http.head import Heads, Route
from serving_kit.transports.http.route import route
from serving_kit.transports.http.short_way import ShortWay
from serving_kit.transports.http.status import Server
from serving_kit.transports.lane import IDLE_TIMEOUT_S, leave_idle


class HttpLane:
    """Every route of the application, for whom `keys` admit; what is no protocol at all gets its 400 here."""

    name = "http"

    def __init__(self, service: Service, *, max_body_bytes: int = MAX_BODY_BYTES, keys: ApiKeys | None = None) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self._keys = keys
        app = create_app(service, max_body_bytes=max_body_bytes)
        self._config = uvicorn.Config(
            Gate(app, keys) if keys else app,
            http=ShortWay,
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
        self._heads: dict[Server, Heads] = {}
        self._opened: set[ShortWay] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def claims(self, _: bytes) -> bool | None:
        """Claim whatever is left."""
        return True

    async def start(self) -> None:
        """Load the application."""
        self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[])
        self._sweeper = asyncio.create_task(leave_idle(self._opened, IDLE_TIMEOUT_S))

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        connection = ShortWay(
            self._heads_of,
            self._opened,
            config=self._config,
            server_state=self._server.server_state,
            app_state=self._server.lifespan.state,
        )
        return cast(asyncio.Protocol, connection)

    async def stop(self, timeout_s: float) -> None:
        """Answer what was asked, for at most `timeout_s` seconds, and close."""
        if self._sweeper:
            self._sweeper.cancel()
        self._config.timeout_graceful_shutdown = max(1, int(timeout_s))
        await self._server.shutdown(sockets=[])
        for connection in list(self._opened):
            connection.transport.abort()

    def _heads_of(self, server: Server) -> Heads:
        """Return the heads of an address; a refusal names the address, so that they are not those of another."""
        if server not in self._heads:
            asked: Route = partial(route, self._service, server)
            if self._keys:
                asked = partial(admitted, self._keys, asked)
            self._heads[server] = Heads(asked, self._max_body_bytes)
        return self._heads[server]
