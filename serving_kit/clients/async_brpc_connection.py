"""One TCP connection that carries any number of baidu_std calls at a time, told apart by their correlation ids."""

import asyncio
import contextlib
import socket

from serving_kit.clients.address import Address
from serving_kit.clients.brpc_call import LIMIT_BYTES, answer_of, call_frame, next_number
from serving_kit.clients.brpc_connection import broken, cut_off, no_server, not_brpc
from serving_kit.clients.deadline import Deadline
from serving_kit.codecs.baidu_std import Frame, FrameReader, NotAFrame
from serving_kit.errors import ServingKitError
from serving_kit.types import InferResponse

_PART_BYTES = 1 << 18


class AsyncBrpcConnection:
    """A connection to `address` for the tasks of one event loop, made when first needed and again when it broke."""

    def __init__(self, address: Address, api_key: str | None = None) -> None:
        self._address = address
        self._who = str(address)
        self._api_key = api_key
        self._link: _Link | None = None
        self._making = asyncio.Lock()

    async def ask(self, payload: bytes, deadline: Deadline) -> InferResponse:
        """Return the answer to an encoded request; raises what `BrpcPool.ask` raises, DeadlineExceeded too."""
        number = next_number()
        try:
            async with asyncio.timeout(deadline.left_s(self._who)):
                link = await self._linked()
                frame = await link.ask(call_frame(payload, number, deadline, self._who, self._api_key), number)
        except TimeoutError:
            raise deadline.exceeded(self._who) from None
        return answer_of(frame, self._who)

    async def is_ready(self, deadline: Deadline) -> bool:
        """Return whether something listens at the address."""
        try:
            async with asyncio.timeout(deadline.left_s(self._who)):
                await self._linked()
        except (TimeoutError, ServingKitError):
            return False
        return True

    async def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            await self._link.close()
            self._link = None

    async def _linked(self) -> "_Link":
        async with self._making:
            if self._link is not None and self._link.is_idle:
                # What the server closed meanwhile shows once the loop has looked at its sockets and told the reader.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            if self._link is None or self._link.is_broken:
                await self.close()
                try:
                    streams = await asyncio.open_connection(self._address.host, self._address.port)
                except OSError as error:
                    raise no_server(self._who, error) from None
                self._link = _Link(*streams, self._who)
            return self._link


class _Link:
    """One connection while it lasts: a task reads answers and hands each to the call that waits for it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, who: str) -> None:
        self._reader = reader
        self._writer = writer
        self._who = who
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._task = asyncio.create_task(self._read())

    @property
    def is_broken(self) -> bool:
        return self._task.done() or self._reader.at_eof() or self._writer.is_closing()

    @property
    def is_idle(self) -> bool:
        return not self._waiting

    async def ask(self, frame: bytes, number: int) -> Frame:
        answered: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answered
        try:
            if self.is_broken:
                raise cut_off(self._who, "closed")
            self._writer.write(frame)
            return await answered
        finally:
            del self._waiting[number]

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        frames = FrameReader(LIMIT_BYTES)
        why: ServingKitError = broken(self._who, "closed")
        try:
            while part := await self._reader.read(_PART_BYTES):
                for frame in frames.feed(part):
                    answered = self._waiting.get(frame.meta.correlation_id)
                    if answered is not None and not answered.done():
                        answered.set_result(frame)
        except OSError as error:
            why = broken(self._who, error)
        except NotAFrame as error:
            why = not_brpc(self._who, error)
        finally:
            for answered in self._waiting.values():
                if not answered.done():
                    answered.set_exception(why)
