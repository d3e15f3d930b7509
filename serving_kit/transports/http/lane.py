"""HTTP/1.1 on connections: inferences on the short way, everything else by uvicorn, without a socket of its own."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from serving_kit.service.keys import ApiKeys
from serving_kit.transports.http.gate import Gate, admitted
from serving_kit.transports.http.head import Heads, Route
from serving_kit.transports.http.question import Question
from serving_kit.transports.http.short_way import ShortWay
from serving_kit.transports.http.status import Server, Tell, render
from serving_kit.transports.lane import IDLE_TIMEOUT_S, leave_idle

RouteOn = Callable[[Server, str, Mapping[str, str]], Question | None]
"""Returns the question that a POST on an address of the server asks; see `Route`."""


class HttpLane:
    """Every route of an application, some of it on the short way by `route`, for whom `keys` admit.

    What is no protocol at all gets its 400 here; `tell` puts a refusal into words.
    """

    name = "http"

    def __init__(
        self,
        app: ASGIApp,
        route: RouteOn,
        *,
        max_body_bytes: int,
        keys: ApiKeys | None = None,
        tell: Tell = render,
    ) -> None:
        self._route = route
        self._max_body_bytes = max_body_bytes
        self._keys = keys
        self._config = uvicorn.Config(
            Gate(app, keys, tell) if keys else app,
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
            asked: Route = partial(self._route, server)
            if self._keys:
                asked = partial(admitted, self._keys, asked)
            self._heads[server] = Heads(asked, self._max_body_bytes)
        return self._heads[server]
