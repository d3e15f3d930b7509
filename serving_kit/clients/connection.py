"""Requests to one server: a deadline for all of a call, and a second try where none can do harm."""

import ssl
import time
from collections.abc import Mapping
from functools import cache
from typing import Self

import httpx
from tenacity import Retrying, retry_if_exception, stop_after_attempt, stop_before_delay, wait_random_exponential

from serving_kit.clients.status import error_of
from serving_kit.errors import BadInput, DeadlineExceeded, Unavailable

_NOT_SERVING = 503
# uvicorn closes idle connections after 5 s; letting go first avoids writing into one that is just being closed.
_KEEPALIVE_S = 4.0


class Connection:
    """Kept-alive connections to `url`, safe to share between threads.

    Only refused connections and status 503 are tried again, `retries` times with growing, random pauses, and only
    while `timeout_s` lasts: a request that may have reached a model is never sent twice.
    """

    def __init__(self, url: str, *, timeout_s: float, retries: int) -> None:
        self.url = _checked(url)
        self.timeout_s = timeout_s
        self.retries = retries
        self._http = httpx.Client(
            verify=_trust(),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=_KEEPALIVE_S),
            # A proxy set in the environment cannot reach this machine's own loopback address.
            mounts={"all://127.0.0.1": None, "all://localhost": None},
        )

    def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
        retries: int | None = None,
    ) -> httpx.Response:
        """Return the answer, of status 200 to 299; None for `timeout_s` and `retries` is what the connection was given.

        Raises the ServingKitError that the server meant, DeadlineExceeded after `timeout_s` seconds in all, or
        Unavailable where no server answers.
        """
        allowed_s = self.timeout_s if timeout_s is None else timeout_s
        deadline = time.monotonic() + allowed_s
        request = self._http.build_request(method, self.url + path, content=content, headers=headers)
        attempts = Retrying(
            retry=retry_if_exception(_never_reached_a_model),
            stop=stop_after_attempt(1 + (self.retries if retries is None else retries)) | stop_before_delay(allowed_s),
            wait=wait_random_exponential(multiplier=0.1, max=2.0),
            reraise=True,
        )
        try:
            response = attempts(self._once, request, deadline)
        except httpx.TimeoutException:
            raise DeadlineExceeded(
                f"{self.url} did not answer within {allowed_s:g} s; allow more with timeout_s"
            ) from None
        except httpx.HTTPStatusError as error:
            raise error_of(error.response) from None
        except httpx.ConnectError as error:
            raise Unavailable(f"no server answers at {self.url} ({error}); start it or correct the address") from None
        except httpx.TransportError as error:
            raise Unavailable(f"{self.url} broke the connection before it had answered ({error})") from None
        return response

    def _once(self, request: httpx.Request, deadline: float) -> httpx.Response:
        left_s = deadline - time.monotonic()
        # httpx's own timeouts start anew with every part received, so the parts are counted against the deadline.
        request.extensions["timeout"] = httpx.Timeout(max(left_s, 0.001)).as_dict()
        response = self._http.send(request, stream=True)
        try:
            parts = []
            for part in response.iter_bytes():
                parts.append(part)
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer came too slowly", request=request)
        finally:
            response.close()
        whole = httpx.Response(
            response.status_code,
            headers=[(k, v) for k, v in response.headers.multi_items() if k != "content-encoding"],
            content=b"".join(parts),
            request=request,
        )
        return whole.raise_for_status()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@cache
def _trust() -> ssl.SSLContext:
    # Reading the certificates takes longer than most answers; all connections share them.
    return httpx.create_ssl_context()


def _checked(url: str) -> str:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = httpx.URL()
    if address.scheme not in ("http", "https") or not address.host:
        raise BadInput(f"{url!r} is no address of a server; write it like http://127.0.0.1:9393")
    return str(address).rstrip("/")


def _never_reached_a_model(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == _NOT_SERVING
    return isinstance(error, httpx.ConnectError)
