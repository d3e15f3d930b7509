"""One TCP connection that carries one baidu_std call at a time, blocking, within a deadline."""

import socket

from serving_kit.clients.address import Address
from serving_kit.clients.brpc_call import LIMIT_BYTES
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.retry import Refused
from serving_kit.codecs.baidu_std import Frame, FrameReader, NotAFrame
from serving_kit.errors import Internal, Unavailable

_PART_BYTES = 1 << 18


class BrpcConnection:
    """A connection to `address`, made within `connect_s` seconds; Refused where nobody listens there."""

    def __init__(self, address: Address, connect_s: float) -> None:
        self._who = str(address)
        self._reader = FrameReader(LIMIT_BYTES)
        try:
            self._socket = socket.create_connection((address.host, address.port), timeout=connect_s)
        except OSError as error:
            raise no_server(self._who, error) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, frame: bytes, number: int, deadline: Deadline) -> Frame:
        """Send a call's frame and return the frame that answers it, known by its correlation id.

        Raises Refused where the connection broke before all was written, Unavailable where it broke later: the server
        may then have run the model. After any error the connection is of no more use.
        """
        self._send(frame, deadline)
        while True:
            part = self._receive(deadline)
            try:
                answers = [answer for answer in self._reader.feed(part) if answer.meta.correlation_id == number]
            except NotAFrame as error:
                raise not_brpc(self._who, error) from None
            if answers:
                return answers[0]

    @property
    def is_usable(self) -> bool:
        """Whether the server has neither closed the connection nor sent what nobody asked for."""
        if self._reader.is_within_frame:
            return False
        self._socket.setblocking(False)
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _send(self, frame: bytes, deadline: Deadline) -> None:
        try:
            self._socket.settimeout(deadline.left_s(self._who))
            self._socket.sendall(frame)
        except TimeoutError:
            raise deadline.exceeded(self._who) from None
        except OSError as error:
            raise cut_off(self._who, error) from None

    def _receive(self, deadline: Deadline) -> bytes:
        try:
            self._socket.settimeout(deadline.left_s(self._who))
            part = self._socket.recv(_PART_BYTES)
        except TimeoutError:
            raise deadline.exceeded(self._who) from None
        except OSError as error:
            raise broken(self._who, error) from None
        if not part:
            raise broken(self._who, "closed")
        return part


def no_server(who: str, why: object) -> Refused:
    """Return the error for an address where nobody listens."""
    return Refused(f"no server answers at {who} ({why}); start it or correct the address")


def cut_off(who: str, why: object) -> Refused:
    """Return the error for a connection that broke while the request was being written."""
    return Refused(f"{who} closed the connection in mid-request ({why}); look into its log and at its size limit")


def broken(who: str, why: object) -> Unavailable:
    """Return the error for a connection that broke when a model may have had the request."""
    return Unavailable(f"{who} broke the connection before it had answered ({why}); ask again if that does no harm")


def not_brpc(who: str, why: object) -> Internal:
    """Return the error for an answer that is no frame."""
    return Internal(f"{who} does not speak bRPC ({why}); is it a server of this protocol?")
