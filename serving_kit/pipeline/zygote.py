"""The process that forks op processes: a child with one thread, which holds the ops as the script made them.

A server that has threads cannot fork safely, and yet must replace an op process that ended. So it asks its zygote,
which was forked before there were any. That ends with the server, whatever ends it, and takes the op processes along.
"""

import asyncio
import contextlib
import itertools
import logging
import os
import socket
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from serving_kit.errors import Unavailable
from serving_kit.pipeline.fork import end_of, fork
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.op_child import Prepare
from serving_kit.pipeline.zygote_child import DEAF_TO, Forking

log = logging.getLogger(__name__)


class Birth(NamedTuple):
    """A process that was asked for: the socket to it, and how it ended, once it has, such as "with status 3"."""

    connection: socket.socket
    ended: asyncio.Future[str]


class Zygote:
    """Its constructor forks, and belongs before every thread and event loop; all else belongs to one event loop."""

    def __init__(self, ops: Mapping[str, Op], prepare: Prepare, sockets: Iterable[socket.socket] = ()) -> None:
        """Let each op process run `prepare` with its op and its number among the op's processes, from 0 on.

        The `sockets` are the server's alone, so that its ports are free when it has closed them.
        """
        self._control, theirs = socket.socketpair()
        self._keys = itertools.count()
        self._ended: dict[int, asyncio.Future[str]] = {}
        self._hearing: asyncio.Task[None] | None = None
        self._is_closed = False
        self.is_lost = False  # it ended before it was closed
        not_its = [self._control, *sockets]

        def main() -> None:
            for one in not_its:
                one.close()
            Forking(ops, prepare, theirs).run()

        try:
            self.pid = fork(main, DEAF_TO)
        finally:
            theirs.close()
        self._control.setblocking(False)

    def bear(self, op: str, number: int) -> Birth:
        """Have a process forked for the op of this name; Unavailable where the zygote is gone."""
        self._hear()
        key = next(self._keys)
        ours, theirs = socket.socketpair()
        request = orjson.dumps({"key": key, "op": op, "number": number}) + b"\n"
        try:
            socket.send_fds(self._control, [request], [theirs.fileno()])
        except OSError:
            ours.close()
            raise Unavailable(f"no process of op {op!r} can be started any more; start the server again") from None
        finally:
            theirs.close()
        ours.setblocking(False)
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._ended[key] = ended
        return Birth(ours, ended)

    async def close(self) -> None:
        """End it and all op processes: those whose sockets are closed end by themselves, others are killed."""
        if self._is_closed:
            return
        self._is_closed = True
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)
        await self._hear()

    def _hear(self) -> asyncio.Task[None]:
        if self._hearing is None:
            self._hearing = asyncio.get_running_loop().create_task(self._heard())
        return self._hearing

    async def _heard(self) -> None:
        """Note which process ended, until the zygote does."""
        loop, rest = asyncio.get_running_loop(), b""
        with contextlib.suppress(ConnectionError):
            while read := await loop.sock_recv(self._control, 4096):
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    message = orjson.loads(line)
                    self._ended.pop(message["key"]).set_result(message["end"])
        self._control.close()
        how = "as its parent did"
        with contextlib.suppress(ChildProcessError):  # somebody else waited for it
            how = end_of(os.waitpid(self.pid, 0)[1])
        self.is_lost = not self._is_closed
        if self.is_lost:
            log.error("process %d, which forks those of ops, ended %s; start the server again", self.pid, how)
        for ended in self._ended.values():
            ended.set_result(f"as the process that forked it did, {how}")
        self._ended.clear()
