"""A tap on a server's port, for guides that show what is on the wire."""

import socket
import threading
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

_CHUNK_BYTES = 1 << 16


class Tap(ThreadingTCPServer):
    """Listens on a port of its own, passes every byte on to `port` of this machine, and keeps a copy until `take`.

    An end of one direction is passed on as such, so that either side sees the other close.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), BaseRequestHandler)
        self._port = port
        self._sent, self._got = bytearray(), bytearray()
        self._lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> str:
        """Where to connect to, as `host:port`."""
        return f"127.0.0.1:{self.server_address[1]}"

    def take(self) -> tuple[bytes, bytes]:
        """Return what clients sent and what they got since the last call, all connections in one."""
        with self._lock:
            taken = bytes(self._sent), bytes(self._got)
            self._sent.clear()
            self._got.clear()
        return taken

    def close(self) -> None:
        """Accept no more connections."""
        self.shutdown()
        self.server_close()

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - part of the protocol
        """Serve one connection to its end."""
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            for side in (request, server):  # the second write of a message must not wait for the first's receipt
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._pass_on, args=(server, request, self._got), daemon=True)
            back.start()
            self._pass_on(request, server, self._sent)
            back.join()

    def _pass_on(self, source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):  # one side has gone without a word
            while data := source.recv(_CHUNK_BYTES):
                with self._lock:
                    kept += data
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
