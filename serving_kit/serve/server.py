"""Lanes on their ports: one port for all protocols, and others of their own where that is wanted."""

import asyncio
import resource
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import uvloop

from serving_kit.service.service import Service
from serving_kit.transports.lane import Lane
from serving_kit.transports.mux import Mux, bind

PROTOCOLS = ("grpc", "brpc", "http")


def bind_all(host: str, ports: Mapping[str, int]) -> dict[str, socket.socket]:
    """Return sockets bound to ports, by the name of the protocol that each is for, "" for all of them.

    BadInput where a port is in use or the host is not this machine's; then none stays open.
    """
    sockets: dict[str, socket.socket] = {}
    try:
        for name, number in ports.items():
            sockets[name] = bind(host, number)
    except BaseException:
        for listening in sockets.values():
            listening.close()
        raise
    return sockets


def allow_open_files() -> None:
    """Let this process open as many files as it may: a gRPC connection takes three, and shells allow 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class PortServer:
    """A service on bound sockets, answering once `run` says so to `on_ready`.

    A socket is one lane's, whose name it has, or all lanes', which stand in the order in which they are asked.
    `around` is entered before anything is answered, and left once everything is.
    """

    def __init__(
        self,
        service: Service,
        lanes: Sequence[Lane],
        sockets: Mapping[str, socket.socket],
        *,
        drain_timeout_s: float = 30.0,
        around: AbstractAsyncContextManager[Any] | None = None,
    ) -> None:
        self.ports = {name: int(listening.getsockname()[1]) for name, listening in sockets.items()}
        self._service = service
        self._drain_timeout_s = drain_timeout_s
        self._around = around or nullcontext()
        self._lanes = lanes
        self._ports = [
            Mux(listening, [lane for lane in self._lanes if name in ("", lane.name)])
            for name, listening in sockets.items()
        ]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def port(self) -> int:
        """The port of every protocol."""
        return self.ports[""]

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`, or in the main thread until SIGINT or SIGTERM; then finish what runs, and return."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve(on_ready))

    def stop(self) -> None:
        """Ask `run` to finish; safe from any thread."""
        if self._loop and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)

    async def _serve(self, on_ready: Callable[[], None]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        async with self._around:
            self._heed_signals(self._loop, self._stopping)
            for lane in self._lanes:
                await lane.start()
            for port in self._ports:
                await port.start()
            on_ready()
            await self._stopping.wait()
            self._service.is_ready = False
            for port in self._ports:
                port.stop()
            await asyncio.gather(*(lane.stop(self._drain_timeout_s) for lane in self._lanes))

    def _heed_signals(self, loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
        """Stop on SIGINT and SIGTERM; once models are loaded, because Paddle sets handlers of its own with them."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stopping.set)
