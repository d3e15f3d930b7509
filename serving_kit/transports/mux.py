"""One port for several protocols, told apart by a connection's first bytes."""

import asyncio
import socket
from collections.abc import Sequence
from functools import partial

from serving_kit.errors import BadInput
from serving_kit.transports.lane import IDLE_TIMEOUT_S, Lane

BACKLOG = 2048


class Mux:
    """Accepts connections on a socket and hands each to the first lane that claims it; one that none claims is closed.

    A lane that claims whatever the others leave comes last: it refuses in its own words what no protocol begins with.
    """

    def __init__(self, bound: socket.socket, lanes: Sequence[Lane]) -> None:
        self._socket = bound
        self._lanes = tuple(lanes)
        self._undecided: set[_Undecided] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to accept; the lanes have to be started. BadInput where another program was faster to listen."""
        connection = partial(_Undecided, self._lanes, self._undecided)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(connection, sock=self._socket, backlog=BACKLOG)
        except OSError as error:
            host, port = self._socket.getsockname()[:2]
            raise _not_to_be_had(host, port, error) from None

    def stop(self) -> None:
        """Accept no more, and close the connections that have not said what they are."""
        if self._server:
            self._server.close()
        for connection in list(self._undecided):
            connection.close()


class _Undecided(asyncio.Protocol):
    """A connection until its first bytes tell whose it is."""

    def __init__(self, lanes: Sequence[Lane], undecided: "set[_Undecided]") -> None:
        self._lanes = lanes
        self._undecided = undecided
        self._head = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # of a stream it is one
        self._transport = transport
        self._undecided.add(self)
        self._timer = asyncio.get_running_loop().call_later(IDLE_TIMEOUT_S, self.close)

    def data_received(self, data: bytes) -> None:
        self._head += data
        for lane in self._lanes:
            claim = lane.claims(self._head)
            if claim is None:
                return
            if claim:
                self._hand_over(lane)
                return
        self.close()

    def connection_lost(self, _: Exception | None) -> None:
        self._forget()

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _hand_over(self, lane: Lane) -> None:
        self._forget()
        protocol = lane.connection()
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        protocol.data_received(self._head)

    def _forget(self) -> None:
        self._timer.cancel()
        self._undecided.discard(self)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has the port (port 0: a free one) and refuses connections until it is listened on.

    `::` is every address of both families. BadInput where the port is in use or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts has it too
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        bound.bind((host, port))
    except (OSError, OverflowError) as error:
        bound.close()
        raise _not_to_be_had(host, port, error) from None
    return bound


def _not_to_be_had(host: str, port: int, error: OSError | OverflowError) -> BadInput:
    reason = getattr(error, "strerror", None) or error
    return BadInput(f"cannot listen on {host} port {port}: {reason}; choose another --port or --host")
