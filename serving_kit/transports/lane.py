"""One protocol of a port: the seam between what listens and what speaks."""

import asyncio
import time
from collections.abc import Collection
from typing import Protocol

IDLE_TIMEOUT_S = 80.0  # Paddle Serving's idle_timeout_s
# The end of a client's stream may be half a close or a death; TCP does not tell. Answers that are ready within this
# time are still written, what takes longer is given up.
LINGER_S = 2.0
_SWEEP_S = 5.0


class Lane(Protocol):
    """Speaks one protocol on connections that are handed to it once their first bytes are known."""

    name: str

    def claims(self, head: bytes, /) -> bool | None:
        """Tell whether a connection that begins with `head` is this protocol's; None where more bytes must tell."""

    async def start(self) -> None:
        """Get ready for connections."""

    def connection(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""

    async def stop(self, timeout_s: float) -> None:
        """Finish what runs, for at most `timeout_s` seconds, and close every connection."""


class Connection(Protocol):
    """A connection that can be looked after."""

    def is_idle_since(self, moment_s: float, /) -> bool:
        """Tell whether nothing has come since a time of the loop's clock, and nothing is being answered."""

    def leave(self) -> None:
        """Close it."""


async def leave_idle(connections: Collection[Connection], timeout_s: float) -> None:
    """Close connections that have been idle for a time, until cancelled; a timer each would cost every request."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(min(_SWEEP_S, timeout_s / 4))
        for connection in list(connections):
            if connection.is_idle_since(loop.time() - timeout_s):
                connection.leave()


async def emptied(connections: Collection[object], timeout_s: float) -> bool:
    """Wait until connections have taken themselves out of a collection; False where some are left after the time."""
    deadline = time.monotonic() + timeout_s
    while connections and time.monotonic() < deadline:
        await asyncio.sleep(0.01)
    return not connections


def begins_with(head: bytes, beginning: bytes) -> bool | None:
    """Compare a connection's first bytes with how a protocol begins: None while they are only a part of it."""
    if len(head) >= len(beginning):
        return head.startswith(beginning)
    return None if beginning.startswith(head) else False
