"""baidu_std on connections: frames in, answers out, as many at once as a client sends."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial

from serving_kit.codecs.baidu_rpc_meta_pb2 import RpcMeta
from serving_kit.codecs.baidu_std import MAGIC, Frame, FrameReader, NotAFrame
from serving_kit.service.call import Pending
from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.brpc.call import Caller
from serving_kit.transports.lane import IDLE_TIMEOUT_S, LINGER_S, begins_with, emptied, leave_idle

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 128  # requests of one connection; it is read on when one of them is answered
_MOST_IN_TURN = 16  # frames that came at once; then other connections have their turn

CallerOf = Callable[[str], Caller]
"""Returns what answers calls to an address."""


class BrpcLane:
    """Connections of Paddle Serving's own clients; a connection without traffic is closed after the idle time."""

    name = "brpc"

    def __init__(self, service: Service, *, max_body_bytes: int, keys: ApiKeys | None = None) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self._keys = keys
        self._connections: set[_Connection] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def claims(self, head: bytes) -> bool | None:
        """Claim what begins with a frame's magic."""
        return begins_with(head, MAGIC)

    async def start(self) -> None:
        """Begin to look after idle connections."""
        self._sweeper = asyncio.create_task(leave_idle(self._connections, IDLE_TIMEOUT_S))

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        admission = _Admission(self._keys) if self._keys else None
        return _Connection(self._caller_of, FrameReader(self._max_body_bytes, admission), self._connections)

    async def stop(self, timeout_s: float) -> None:
        """Answer what was asked, for at most `timeout_s` seconds, and close."""
        if self._sweeper:
            self._sweeper.cancel()
        for connection in list(self._connections):
            connection.finish()
        if not await emptied(self._connections, timeout_s):
            for connection in list(self._connections):
                connection.leave()
            await emptied(self._connections, 1.0)

    def _caller_of(self, address: str) -> Caller:
        return Caller(self._service, address, self._max_body_bytes)


class _Admission:
    """Tells whose frames of one connection are welcome: from the first that carries a key on, all, as bRPC has it."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys
        self._is_admitted = False

    def __call__(self, meta: RpcMeta) -> bool:
        self._is_admitted = self._is_admitted or self._keys.admits(meta.authentication_data)
        return self._is_admitted


class _Connection(asyncio.Protocol):
    """One connection: requests run side by side and are answered as they end, each in one write."""

    def __init__(self, caller_of: CallerOf, reader: FrameReader, connections: "set[_Connection]") -> None:
        self._caller_of = caller_of
        self._reader = reader
        self._connections = connections
        self._waiting: deque[Frame] = deque()
        self._running: dict[int, Pending | None] = {}
        self._number = 0
        self._loop = asyncio.get_running_loop()
        self._last_read_s = self._loop.time()
        self._is_ending = self._is_paused = self._is_going_on = False
        self._may_write = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # of a stream it is one
        self._transport = transport
        self._connections.add(self)
        host, port, *_ = transport.get_extra_info("sockname")
        self._caller = self._caller_of(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def data_received(self, data: bytes) -> None:
        self._last_read_s = self._loop.time()
        try:
            self._waiting.extend(self._reader.feed(data))
        except NotAFrame as error:
            log.debug("closed a bRPC connection: %s", error)
            self._is_ending = True
        self._go_on()

    def eof_received(self) -> bool:
        self.finish()
        self._loop.call_later(LINGER_S, self.leave)
        return True  # the answers to what came before may still be read

    def pause_writing(self) -> None:
        self._may_write = False
        self._go_on()

    def resume_writing(self) -> None:
        self._may_write = True
        self._go_on()

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.discard(self)
        for pending in self._running.values():
            if pending:
                pending.cancel()
        self._running.clear()

    def finish(self) -> None:
        """Take no more requests, and close once those taken are answered."""
        self._is_ending = True
        self._go_on()

    def leave(self) -> None:
        """Close now; what was not answered is given up."""
        self._transport.abort()

    def is_idle_since(self, moment_s: float) -> bool:
        """Tell whether nothing runs and nothing has come since a time of the loop's clock."""
        return not self._running and self._last_read_s < moment_s

    def _go_on(self) -> None:
        """Answer what waits and read more, while there is room: a slow reader of answers is not asked for questions."""
        if self._transport.is_closing() or self._is_going_on:
            return
        self._is_going_on = True
        for _ in range(_MOST_IN_TURN):
            if not self._waiting or not self._may_write or len(self._running) >= _MOST_AT_ONCE:
                break
            self._begin(self._waiting.popleft())
        else:
            if self._waiting:
                self._loop.call_soon(self._go_on)
        self._is_going_on = False
        is_full = bool(self._waiting) or self._is_ending or not self._may_write
        if is_full is not self._is_paused:
            self._is_paused = is_full
            (self._transport.pause_reading if is_full else self._transport.resume_reading)()
        if self._is_ending and not self._waiting and not self._running:
            self._transport.close()

    def _begin(self, frame: Frame) -> None:
        self._number = number = self._number + 1
        self._running[number] = None
        pending = self._caller.call(frame, partial(self._reply, number))
        if number in self._running:
            self._running[number] = pending

    def _reply(self, number: int, answer: bytes) -> None:
        if self._running.pop(number, self) is self or self._transport.is_closing():
            return
        self._transport.write(answer)
        self._go_on()
