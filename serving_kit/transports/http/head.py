"""The heads of requests that the short way answers: read by the parser that uvicorn uses, and known again.

A client sends the same head with each request but for the length of its body, so that most heads are known. What is
out of the ordinary has no place here: an unusual path, verb, version or header leaves the request to the application.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httptools

from serving_kit.transports.http.question import Question

_KNOWN = 512  # heads; then all are forgotten
_LONGEST_BYTES = 2048  # of a head that is known again
_OUT_OF_THE_ORDINARY = {"transfer-encoding", "content-encoding", "expect", "upgrade", "te", "trailer", "http2-settings"}
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.~:@")

Route = Callable[[str, Mapping[str, str]], Question | None]
"""Returns the question that a POST to a path with these headers asks, None for what the application answers."""


@dataclass(slots=True)
class Head:
    """What a request asks, how many bytes its head has, and how many its body."""

    question: Question
    head_bytes: int
    body_bytes: int


class Heads:
    """The heads that came on one address of the server; a body over `limit_bytes` is the application's to refuse."""

    def __init__(self, route: Route, limit_bytes: int) -> None:
        self._route = route
        self._limit_bytes = limit_bytes
        self._known: dict[bytes, Head] = {}
        self._questions: dict[tuple[bytes, frozenset[tuple[str, str]]], Question] = {}

    def find(self, data: bytes) -> Head | None:
        """Return the head that data begin with; None where it is not whole, or the request is the application's."""
        head_bytes = data.find(b"\r\n\r\n") + 4
        if head_bytes < 4:
            return None
        raw = data[:head_bytes]
        known = self._known.get(raw)
        if known is not None:
            return known
        head = self._read(raw)
        if head and head_bytes <= _LONGEST_BYTES:
            if len(self._known) >= _KNOWN:
                self._known.clear()
                self._questions.clear()
            self._known[raw] = head
        return head

    def _read(self, raw: bytes) -> Head | None:
        reading = _Reading()
        parser = httptools.HttpRequestParser(reading)
        try:
            parser.feed_data(raw)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return None
        if reading.parts != 1 or not reading.is_whole or parser.should_upgrade() or not parser.should_keep_alive():
            return None
        headers, path = reading.headers, reading.url
        length = headers.get("content-length", "")
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1" or not _PLAIN.issuperset(path):
            return None
        if _OUT_OF_THE_ORDINARY & headers.keys() or headers.get("connection", "keep-alive").lower() != "keep-alive":
            return None
        if not (length.isascii() and length.isdigit()) or int(length) > self._limit_bytes:
            return None
        is_kept = len(raw) <= _LONGEST_BYTES
        question = self._question(path, headers) if is_kept else self._route(path.decode("ascii"), headers)
        return Head(question, len(raw), int(length)) if question else None

    def _question(self, path: bytes, headers: Mapping[str, str]) -> Question | None:
        """Return the one question that is asked with bodies of any length."""
        asked = path, frozenset(header for header in headers.items() if header[0] != "content-length")
        question = self._questions.get(asked)
        if question is None:
            question = self._route(path.decode("ascii"), headers)
            if question:
                self._questions[asked] = question
        return question


class _Reading:
    """What the parser finds in one head; `parts` counts the messages and bodies in it, of which there may be one."""

    def __init__(self) -> None:
        self.parts = 0
        self.is_whole = False
        self.url = b""
        self.headers: dict[str, str] = {}

    def on_message_begin(self) -> None:
        self.parts += 1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        self.is_whole = True

    def on_body(self, _: bytes) -> None:
        self.parts += 1
