"""baidu_std on connections: frames in, answers out, as many at once as a client sends."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable

from serving_kit.codecs.baidu_std import MAGIC, Frame, FrameReader, NotAFrame
from serving_kit.service.service import Service
from serving_kit.transports.brpc.call import answer
from serving_kit.transports.lane import IDLE_TIMEOUT_S, LINGER_S, begins_with, emptied

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 128  # requests of one connection; it is read on when one of them is answered
_SWEEP_S = 5.0

Answer = Callable[[Frame, str], Awaitable[bytes]]


class BrpcLane:
    """Connections of Paddle Serving's own clients; a connection without traffic is closed after the idle time."""

    name = "brpc"

    def __init__(self, service: Service, *, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self._connections: set[_Connection] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def claims(self, head: bytes) -> bool | None:
        """Claim what begins with a frame's magic."""
        return begins_with(head, MAGIC)

    async def start(self) -> None:
        """Begin to look after idle connections."""
        self._sweeper = asyncio.create_task(self._sweep())

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        return _Connection(self._answer, FrameReader(self._max_body_bytes), self._connections)

    async def stop(self, timeout_s: float) -> None:
        """Answer what was asked, for at most `timeout_s` seconds, and close."""
        if self._sweeper:
            self._sweeper.cancel()
        for connection in list(self._connections):
            connection.finish()
        if not await emptied(self._connections, timeout_s):
            for connection in list(self._connections):
                connection.abort()
            await emptied(self._connections, 1.0)

    async def _answer(self, frame: Frame, address: str) -> bytes:
        return await answer(self._service, frame, address, self._max_body_bytes)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(_SWEEP_S, IDLE_TIMEOUT_S / 4))
            for connection in list(self._connections):
                if connection.is_idle_since(time.monotonic() - IDLE_TIMEOUT_S):
                    connection.abort()


class _Connection(asyncio.Protocol):
    """One connection: requests run side by side and are answered as they end, each in one write."""

    def __init__(self, answer: Answer, reader: FrameReader, connections: "set[_Connection]") -> None:
        self._answer = answer
        self._reader = reader
        self._connections = connections
        self._waiting: deque[Frame] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._last_read_s = time.monotonic()
        self._is_ending = False
        self._may_write = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # of a stream it is one
        self._transport = transport
        self._connections.add(self)
        host, port, *_ = transport.get_extra_info("sockname")
        self._address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def data_received(self, data: bytes) -> None:
        self._last_read_s = time.monotonic()
        try:
            self._waiting.extend(self._reader.feed(data))
        except NotAFrame as error:
            log.debug("closed a bRPC connection: %s", error)
            self._is_ending = True
        self._go_on()

    def eof_received(self) -> bool:
        self.finish()
        asyncio.get_running_loop().call_later(LINGER_S, self.abort)
        return True  # the answers to what came before may still be read

    def pause_writing(self) -> None:
        self._may_write = False
        self._go_on()

    def resume_writing(self) -> None:
        self._may_write = True
        self._go_on()

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.discard(self)
        for task in self._running:
            task.cancel()

    def finish(self) -> None:
        """Take no more requests, and close once those taken are answered."""
        self._is_ending = True
        self._go_on()

    def abort(self) -> None:
        """Close now; what was not answered is given up."""
        self._transport.abort()

    def is_idle_since(self, moment_s: float) -> bool:
        """Tell whether nothing runs and nothing has come since a time of the monotonic clock."""
        return not self._running and self._last_read_s < moment_s

    async def _reply(self, frame: Frame) -> None:
        self._transport.write(await self._answer(frame, self._address))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a bRPC request could not be answered", exc_info=error)
            self._transport.abort()
        self._go_on()

    def _go_on(self) -> None:
        """Answer what waits and read more, while there is room: a slow reader of answers is not asked for questions."""
        if self._transport.is_closing():
            return
        while self._waiting and self._may_write and len(self._running) < _MOST_AT_ONCE:
            task = asyncio.ensure_future(self._reply(self._waiting.popleft()))
            self._running.add(task)
            task.add_done_callback(self._done)
        if self._waiting or self._is_ending or not self._may_write:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
        if self._is_ending and not self._waiting and not self._running:
            self._transport.close()
