"""A web service for uWSGI, gunicorn and other servers of WSGI applications, as Flask's application was one."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any

from serving_kit.codecs.compression import too_large
from serving_kit.errors import BadInput, NotFound, ServingKitError
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.hooked import Hooked, HookedQuestion

StartResponse = Callable[[str, list[tuple[str, str]]], object]


class WsgiApp:
    """Answers one request a thread of the server; `load` is called at a process's first request, as it may fork before.

    Models run in this process, beside an event loop of their own.
    """

    def __init__(self, load: Callable[[], Hooked], max_body_bytes: int) -> None:
        self._load = load
        self._max_body_bytes = max_body_bytes
        self._first = threading.Lock()
        self._hooked: Hooked | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer as PEP 3333 says."""
        answer = self._answer(environ)
        headers = [*answer.headers.items(), ("content-type", str(answer.media_type))]
        status = HTTPStatus(answer.status)
        start_response(f"{status} {status.phrase}", [*headers, ("content-length", str(len(answer.body)))])
        return [answer.body]

    def _answer(self, environ: Mapping[str, Any]) -> Answer:
        hooked, loop = self._running()
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        name = path.removeprefix("/").removesuffix("/prediction")
        question = HookedQuestion(hooked, name, path, {})
        try:
            if path != f"/{name}/prediction":
                raise NotFound(f"there is nothing at {path}; ask /{hooked.name}/prediction")
            if environ["REQUEST_METHOD"] != "POST":
                refused = question.refuse(BadInput(f"{environ['REQUEST_METHOD']} is not taken on {path}; use POST"))
                return Answer(refused.body, HTTPStatus.METHOD_NOT_ALLOWED, {"allow": "POST"}, refused.media_type)
            question.check()
            body = self._body(environ)
        except ServingKitError as error:
            return question.refuse(error)
        told: Future[Answer] = Future()
        loop.call_soon_threadsafe(question.ask, body, told.set_result)
        return told.result()

    def _running(self) -> tuple[Hooked, asyncio.AbstractEventLoop]:
        with self._first:
            if self._hooked is None or self._loop is None:
                self._hooked, self._loop = self._load(), asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="web-service", daemon=True).start()
            return self._hooked, self._loop

    def _body(self, environ: Mapping[str, Any]) -> bytes:
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            raise BadInput(f"content-length {length[:40]!r} is not a number; say how many bytes the body has")
        if int(length) > self._max_body_bytes:
            raise too_large(self._max_body_bytes)
        return bytes(environ["wsgi.input"].read(int(length)))
