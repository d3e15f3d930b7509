"""Bytes carried between a client's connection and the socket of grpcio's server.

grpcio takes no connection that somebody else accepted; grpclib does, and is slower all the same:
benchmarks/grpc_library.py measures both.
"""

import asyncio
import logging

from serving_kit.transports.lane import emptied

log = logging.getLogger(__name__)


class Carriers:
    """Connections carried to and from the Unix socket at `path`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._open: set[_Side] = set()

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a client's connection."""
        return _Carrier(self._path, self._open)

    async def close(self) -> None:
        """Close every connection now."""
        for side in list(self._open):
            side.abort()
        await emptied(self._open, 1.0)


class _Side(asyncio.Protocol):
    """One of two connections; what it reads is written to the other, and read no faster than the other takes it."""

    transport: asyncio.Transport | None = None
    other: "_Side"
    is_at_end = False

    def __init__(self, opened: "set[_Side]") -> None:
        self.kept: list[bytes] = []
        self._open = opened

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # of a stream it is one
        self.transport = transport
        self._open.add(self)

    def data_received(self, data: bytes) -> None:
        self.other.write(data)

    def write(self, data: bytes) -> None:
        """Write, once there is a connection to write to."""
        if self.transport:
            self.transport.write(data)
        else:
            self.kept.append(data)

    def abort(self) -> None:
        """Close now."""
        if self.transport:
            self.transport.abort()

    def eof_received(self) -> bool:
        self.is_at_end = True
        if self.other.is_at_end:
            return False  # nothing more comes from either side: close both, or their sockets stay open for ever
        if self.other.transport and self.other.transport.can_write_eof():
            self.other.transport.write_eof()
        return True

    def connection_lost(self, _: Exception | None) -> None:
        self._open.discard(self)
        if self.other.transport:
            self.other.transport.close()

    def pause_writing(self) -> None:
        if self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other.transport and not self.other.transport.is_closing():
            self.other.transport.resume_reading()


class _Inner(_Side):
    """The side of grpcio's server."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as above
        super().connection_made(transport)
        transport.writelines(self.kept)
        self.kept.clear()
        self.resume_writing()


class _Carrier(_Side):
    """The client's side: connects to grpcio's socket, and closes where that fails."""

    def __init__(self, path: str, opened: set[_Side]) -> None:
        super().__init__(opened)
        self._path = path
        self.other = _Inner(opened)
        self.other.other = self
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as above
        super().connection_made(transport)
        transport.pause_reading()
        self._connecting = asyncio.ensure_future(self._connect())

    def connection_lost(self, _: Exception | None) -> None:
        super().connection_lost(None)
        if self._connecting:
            self._connecting.cancel()

    async def _connect(self) -> None:
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: self.other, self._path)
        except OSError as error:
            log.warning("a gRPC connection could not be handed on: %s", error)
            if self.transport:
                self.transport.close()
