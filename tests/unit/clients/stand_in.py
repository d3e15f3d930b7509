"""A real HTTP server on a free port that answers as a test tells it to."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.raw) if self.headers.get("content-encoding") == "gzip" else self.raw


Answer = Callable[["Handler", Asked], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in: "StandIn"

    def answer(self, status: int, body: bytes, content_type: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, raw)
        stand_in = self.stand_in
        stand_in.asked.append(asked)
        stand_in.answers.get(self.path, stand_in.otherwise)(self, asked)

    do_GET = do_POST = handle_any  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass


def nothing_here(handler: Handler, _: Asked) -> None:
    handler.answer(404, b'{"error": "no such path"}')


@dataclass
class StandIn:
    """`answers` by path, `otherwise` for every other path, `asked` in order of arrival."""

    url: str
    answers: dict[str, Answer] = field(default_factory=dict)
    otherwise: Answer = nothing_here
    asked: list[Asked] = field(default_factory=list)


class Server(ThreadingHTTPServer):
    """One that many connections may wait for; of more than the standard five, a busy machine gives some up."""

    request_queue_size = 256


@contextmanager
def serving_http() -> Iterator[StandIn]:
    """Listen until the block is left."""
    handler = type("BoundHandler", (Handler,), {})
    with Server(("127.0.0.1", 0), handler) as http:
        handler.stand_in = stand_in = StandIn(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stand_in
        finally:
            http.shutdown()
            thread.join()
