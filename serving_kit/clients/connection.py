"""HTTP requests to one server, each within a deadline, failing with the package's own errors."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import httpx

from serving_kit.clients.deadline import LEAST_S, Deadline
from serving_kit.clients.key import headers_of
from serving_kit.clients.retry import Refused
from serving_kit.clients.status import error_of
from serving_kit.errors import BadInput, ServingKitError, Unavailable

_NOT_SERVING = 503
# uvicorn closes idle connections after 5 s; letting go first avoids writing into one that is just being closed.
_KEEPALIVE_S = 4.0


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to a path of a server."""

    method: str
    path: str
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Connection:
    """Kept-alive connections to `url`, safe to share between threads."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = checked_url(url)
        self._http = httpx.Client(**options(api_key))

    def send(self, ask: Ask, deadline: Deadline) -> httpx.Response:
        """Return the answer, of status 200 to 299, read to its end.

        Raises the ServingKitError that the server meant, Refused where no server listens or it answered 503,
        Unavailable where the connection broke, DeadlineExceeded.
        """
        request = self._http.build_request(ask.method, self.url + ask.path, content=ask.content, headers=ask.headers)
        deadline.left_s(self.url)
        request.extensions["timeout"] = _Left(deadline)
        try:
            response = self._http.send(request, stream=True)
            try:
                parts = []
                for part in response.iter_bytes():
                    parts.append(part)
                    deadline.left_s(self.url)  # httpx gives every part of the body the time anew
            finally:
                response.close()
            return whole(response, parts)
        except httpx.HTTPError as error:
            raise told(error, self.url, deadline) from None

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def checked_url(url: str) -> str:
    """Return an http or https address without a slash at its end; BadInput shows how to write one."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in ("http", "https") or not address.host:
        raise BadInput(f"{url!r} is no address of a server; write it like http://127.0.0.1:9393")
    return str(address).rstrip("/")


def options(api_key: str | None) -> dict[str, Any]:
    """Return the arguments of httpx's clients; a key goes with every request."""
    return {
        "verify": _trust(),
        # Tensors hardly compress, and both sides would wait for it.
        "headers": {"accept-encoding": "identity", **headers_of(api_key)},
        "limits": httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=_KEEPALIVE_S),
        # A proxy set in the environment cannot reach this machine's own loopback address.
        "mounts": {"all://127.0.0.1": None, "all://localhost": None},
    }


def whole(response: httpx.Response, parts: list[bytes]) -> httpx.Response:
    """Return an answer with its decoded parts as content; httpx.HTTPStatusError where its status is a failure."""
    read = httpx.Response(
        response.status_code,
        headers=[(k, v) for k, v in response.headers.multi_items() if k != "content-encoding"],
        content=b"".join(parts),
        request=response.request,
    )
    return read.raise_for_status()


def told(error: httpx.HTTPError, url: str, deadline: Deadline) -> ServingKitError:
    """Return what httpx raised as one of the package's errors."""
    if isinstance(error, httpx.TimeoutException):
        return deadline.exceeded(url)
    if isinstance(error, httpx.HTTPStatusError):
        meant = error_of(error.response)
        return Refused(str(meant)) if error.response.status_code == _NOT_SERVING else meant
    if isinstance(error, httpx.ConnectError):
        return Refused(f"no server answers at {url} ({error}); start it or correct the address")
    return Unavailable(f"{url} broke the connection before it had answered ({error}); ask again if that does no harm")


class _Left(dict[str, float]):
    """What is left of a deadline, for httpx, which asks at every step: connecting, writing, reading."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def get(self, _key: str, _default: object = None) -> float:
        return max(self._deadline.at_s - time.monotonic(), LEAST_S)


@cache
def _trust() -> ssl.SSLContext:
    # Reading the certificates takes longer than most answers; all connections share them.
    return httpx.create_ssl_context()
