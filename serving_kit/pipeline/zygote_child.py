"""What a zygote does: fork op processes when it is asked to, tell how each ended, and end them in the end."""

import contextlib
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Mapping

import orjson

from serving_kit.pipeline.fork import end_of, fork
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.op_child import Prepare, live

DEAF_TO = (signal.SIGINT, signal.SIGTERM)
"""Signals for the server, which ends its processes once it has answered what it still had to."""
_GRACE_S, _POLL_S = 1.0, 0.01


class Forking:
    """Works until the other end of `control` is closed."""

    def __init__(self, ops: Mapping[str, Op], prepare: Prepare, control: socket.socket) -> None:
        self._ops = ops
        self._prepare = prepare
        self._control = control
        self._keys: dict[int, int] = {}  # of the processes, by their own numbers
        self._rest = b""
        self._connections: deque[int] = deque()

    def run(self) -> None:
        """Fork and tell, until there is no more server."""
        os.setsid()  # Ctrl-C is for the server
        woken, self._waking = socket.socketpair()
        for end in (woken, self._waking):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        poll = select.poll()
        for source in (woken, self._control):
            poll.register(source, select.POLLIN)
        is_wanted = True
        while is_wanted:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if woken.fileno() in ready:
                woken.recv(4096)
            self._tell()
            if self._control.fileno() in ready:
                is_wanted = self._read()
        self._end()

    def _read(self) -> bool:
        try:
            read, descriptors, _, _ = socket.recv_fds(self._control, 4096, 16)
        except ConnectionError:
            return False
        self._connections += descriptors
        *lines, self._rest = (self._rest + read).split(b"\n")
        for line in lines:
            self._fork(**orjson.loads(line), connection=self._connections.popleft())
        return bool(read)

    def _fork(self, key: int, op: str, number: int, connection: int) -> None:
        own = socket.socket(fileno=connection)
        own.set_inheritable(False)

        def main() -> None:
            self._control.close()
            live(self._ops[op], number, self._prepare, own)

        try:
            self._keys[fork(main, DEAF_TO)] = key
        except OSError as error:
            self._say(key, f"before it began: {error}")
        finally:
            own.close()

    def _tell(self) -> None:
        with contextlib.suppress(ChildProcessError):  # there is none
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._say(self._keys.pop(ended[0]), end_of(ended[1]))

    def _say(self, key: int, end: str) -> None:
        with contextlib.suppress(OSError):  # the server is gone
            self._control.sendall(orjson.dumps({"key": key, "end": end}) + b"\n")

    def _end(self) -> None:
        until = time.monotonic() + _GRACE_S
        while self._keys and time.monotonic() < until:
            time.sleep(_POLL_S)
            self._tell()
        for process in self._keys:
            os.kill(process, signal.SIGKILL)
        while self._keys:
            time.sleep(_POLL_S)
            self._tell()
