"""A web server that misbehaves on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ETAG = '"v1"'


@dataclass
class Script:
    """What the server does, request by request; the last entry goes on for ever.

    ok: all of it (honouring Range); whole: all of it, Range ignored; cut: half of what was asked, then hang up;
    short: a Content-Length larger than the body; stall: nothing; shifted: a wrong Content-Range; a number: that status.
    """

    body: bytes
    acts: list[str | int] = field(default_factory=lambda: ["ok"])
    etag: str = ETAG
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve(script: Script) -> Iterator[Script]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.ranges.append(self.headers.get("Range"))
            act = script.acts.pop(0) if len(script.acts) > 1 else script.acts[0]
            if isinstance(act, int):
                self.send_error(act)
            elif act == "stall":
                script.released.wait(10)
            else:
                self._answer(act)

        def _answer(self, act: str) -> None:
            asked, start = self.headers.get("Range"), 0
            current = self.headers.get("If-Range") == script.etag
            if asked and current and act != "whole":
                start = int(asked.removeprefix("bytes=").rstrip("-"))
            body = script.body[start:]
            self.send_response(206 if start else 200)
            if start:
                first = start + 1 if act == "shifted" else start
                self.send_header("Content-Range", f"bytes {first}-{len(script.body) - 1}/{len(script.body)}")
            self.send_header("ETag", script.etag)
            if act != "chunkless":
                self.send_header("Content-Length", str(len(body) + (7 if act == "short" else 0)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if act == "cut" else body)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        script.url = f"http://127.0.0.1:{server.server_port}/weights.bin"
        try:
            yield script
        finally:
            script.released.set()
            server.shutdown()
            thread.join()
