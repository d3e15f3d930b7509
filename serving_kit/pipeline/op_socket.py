"""Messages over the socket between a server, which awaits them, and one process of an op, which just waits."""

import asyncio
import socket
from typing import Any

import numpy as np

from serving_kit.codecs.op_message import SIZES, decode


def receive(connection: socket.socket) -> Any:
    """Return the next value; EOFError where the other side has ended."""
    sizes = bytearray(SIZES.size)
    _fill(connection, memoryview(sizes))
    message = _Message(sizes)
    _fill(connection, message.whole.data)
    return message.value()


async def received(connection: socket.socket) -> Any:
    """Do the same on the event loop; the socket must not block."""
    sizes = bytearray(SIZES.size)
    await _filled(connection, memoryview(sizes))
    message = _Message(sizes)
    await _filled(connection, message.whole.data)
    return message.value()


class _Message:
    """Room for both parts of a message, which is not filled with zeros first, as a bytearray is."""

    def __init__(self, sizes: bytearray) -> None:
        self._document, behind = SIZES.unpack(sizes)
        self.whole = np.empty(self._document + behind, np.uint8)

    def value(self) -> Any:
        return decode(self.whole[: self._document].data, self.whole[self._document :])


def _fill(connection: socket.socket, left: memoryview) -> None:
    while left:
        left = left[_some(connection.recv_into(left)) :]


async def _filled(connection: socket.socket, left: memoryview) -> None:
    loop = asyncio.get_running_loop()
    while left:
        left = left[_some(await loop.sock_recv_into(connection, left)) :]


def _some(read: int) -> int:
    if not read:
        raise EOFError
    return read
