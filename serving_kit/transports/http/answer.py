"""An answer as a handler gives it, for the two ways that lead to one: the application's and the short one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from fastapi import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE


@dataclass(slots=True)
class Answer:
    """A body and what is said of it; `headers` go out before the length, and the media type after it."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None

    def response(self) -> Response:
        """Return it for the application to send."""
        return Response(self.body, self.status, self.headers, self.media_type)

    def written(self) -> bytes:
        """Return the bytes of one write, the same as the application's on a connection that stays open."""
        start, end = _head(self.status, tuple(self.headers.items()), self.media_type)
        return b"%b%d%b%b" % (start, len(self.body), end, self.body)


@lru_cache(maxsize=256)
def _head(status: int, headers: tuple[tuple[str, str], ...], media_type: str | None) -> tuple[bytes, bytes]:
    """Return what goes before the length of the body and what goes after it."""
    described = Response(b"", status, dict(headers), media_type).raw_headers
    parts = [STATUS_LINE[status], *(b"%b: %b\r\n" % header for header in described), b"\r\n"]
    start, length, end = b"".join(parts).partition(b"content-length: 0\r\n")
    return start + length[:-3], b"\r\n" + end
