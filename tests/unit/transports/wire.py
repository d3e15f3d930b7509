"""A real server on a real port, and one connection to it, byte by byte."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import orjson

from serving_kit.serve.lanes import model_lanes
from serving_kit.serve.server import PortServer, bind_all
from serving_kit.service.keys import ApiKeys
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from tests.unit.served import LinearEngine, serve
from tests.unit.transports.asking import LIMIT_BYTES


@contextmanager
def running(
    *models: ServedModel,
    host: str = "127.0.0.1",
    max_body_bytes: int = LIMIT_BYTES,
    keys: ApiKeys | None = None,
    **own_ports: int,
) -> Iterator[PortServer]:
    """Serve models in this process; `own_ports` are further ports by protocol, 0 for a free one."""
    sockets = bind_all(host, {"": 0, **own_ports})
    service = Service(models, load=lambda name: serve(LinearEngine(), name))
    lanes = model_lanes(service, max_body_bytes=max_body_bytes, keys=keys)
    server = PortServer(service, lanes, sockets, drain_timeout_s=20)
    ready = threading.Event()
    thread = threading.Thread(target=server.run, args=(ready.set,))
    thread.start()
    assert ready.wait(20)
    try:
        yield server
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


class Wire:
    """One connection."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=20)
        self._reader = self.socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self.socket.close()

    def close(self) -> None:
        self.__exit__()

    def send(self, *parts: bytes) -> None:
        for part in parts:
            self.socket.sendall(part)

    def head(self) -> tuple[int, dict[str, str]]:
        status = int(self._reader.readline().split()[1])
        lines = iter(lambda: self._reader.readline().strip().decode(), "")
        return status, dict(line.lower().split(": ", 1) for line in lines)

    def answer(self) -> tuple[int, bytes]:
        status, headers = self.head()
        return status, self._reader.read(int(headers["content-length"]))

    def price(self) -> float:
        status, body = self.answer()
        assert status == 200
        return float(orjson.loads(body)["outputs"][0]["tensor"][0]["float_data"][0])

    def ended(self) -> bool:
        return self._reader.read(1) == b""

    def rest(self) -> bytes:
        return self._reader.read()

    def one_read(self) -> bytes:
        data = self.socket.recv(1 << 20)
        assert data, "the server closed the connection"
        return data
