"""Who may pass: requests that carry an API key of the server, on either way."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from serving_kit.service.keys import ApiKeys
from serving_kit.transports.http.head import Route
from serving_kit.transports.http.question import Question
from serving_kit.transports.http.status import Tell
from serving_kit.transports.offered_key import no_key, offered_key

FREE = frozenset({"/health", "/ready", "/v2/health/live", "/v2/health/ready"})  # what asks them has no key
_PASSED_OVER_BYTES = 64 << 10  # of the body of a refused request, so that its connection may go on


class Gate:
    """The application behind it gets requests with a key, and GETs of `FREE`; others are refused, their bodies unread.

    The connection of a refused request is closed where its body is large or of unknown size, or waits for leave.
    """

    def __init__(self, app: ASGIApp, keys: ApiKeys, tell: Tell) -> None:
        self._app = app
        self._keys = keys
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401 in the words of the protocol that its path belongs to."""
        headers, path = Headers(scope=scope), scope["path"]
        is_free = scope["method"] == "GET" and path in FREE
        if is_free or self._keys.admits(offered_key(headers)):
            await self._app(scope, receive, send)
            return
        response = self._tell(path, scope.get("server"), no_key()).response()
        if not _is_passed_over(headers):
            response.headers["connection"] = "close"
        await response(scope, receive, send)


def admitted(keys: ApiKeys, route: Route, path: str, headers: Mapping[str, str]) -> Question | None:
    """Return the question that a request with a key asks; the application refuses the others."""
    return route(path, headers) if keys.admits(offered_key(headers)) else None


def _is_passed_over(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    is_small = length.isdecimal() and int(length) <= _PASSED_OVER_BYTES
    return is_small and "transfer-encoding" not in headers and "expect" not in headers
