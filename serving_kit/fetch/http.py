"""One file over HTTP: resumed, retried, counted, checked, and put in place only when it is whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import tenacity

from serving_kit.checksum import file_sha256
from serving_kit.errors import BadInput, ChecksumMismatch, NotFound, TooLarge, Unavailable
from serving_kit.fetch.disk import room_in
from serving_kit.settings import settings

_BACKOFF = tenacity.wait_exponential(multiplier=0.2, max=10)


class _Interrupted(Exception):
    """The transfer broke off or the server asked for patience: worth another attempt."""


def download(
    url: str,
    destination: Path,
    *,
    sha256: str | None = None,
    limit_bytes: int | None = None,
    mirrors: Mapping[str, str] | None = None,
) -> str:
    """Fetch `url` to `destination` and return the sha256 of what was written.

    An interrupted transfer goes on where it stopped (`.part` beside the destination), also in a later process. Until
    the last byte is there and `sha256`, if given, agrees, an older file at `destination` stays as it was.
    `limit_bytes` and `mirrors` default to the settings. Raises Unavailable, NotFound, TooLarge, ChecksumMismatch,
    and BadInput for an address that is none or a disk that is full.
    """
    if not url.startswith(("http://", "https://")):
        raise BadInput(f"{url!r} is no http or https address")
    limit = settings().download_limit_bytes if limit_bytes is None else limit_bytes
    job = _Job(url, mirrored(url, settings().mirrors if mirrors is None else mirrors), destination, limit)
    destination.parent.mkdir(parents=True, exist_ok=True)
    try:
        with room_in(destination.parent):
            _attempts(job)
    except BadInput:
        job.discard()
        raise
    return _publish(job, sha256)


def mirrored(url: str, mirrors: Mapping[str, str]) -> str:
    """Return `url` with its longest prefix found in `mirrors` replaced."""
    prefix = max((start for start in mirrors if url.startswith(start)), key=len, default=None)
    return url if prefix is None else mirrors[prefix] + url[len(prefix) :]


@dataclass(frozen=True)
class _Job:
    url: str
    address: str
    destination: Path
    limit_bytes: int

    @property
    def part(self) -> Path:
        return self.destination.with_name(self.destination.name + ".part")

    @property
    def tag(self) -> Path:
        """Remember which version of the file the part belongs to; without it a part cannot be trusted."""
        return self.destination.with_name(self.destination.name + ".part.tag")

    def discard(self) -> None:
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)


def _attempts(job: _Job) -> None:
    timeout = httpx.Timeout(settings().read_timeout_s, connect=settings().connect_timeout_s)
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((_Interrupted, httpx.TransportError)),
        stop=tenacity.stop_after_attempt(settings().download_attempts),
        wait=_BACKOFF,
        reraise=True,
    )
    try:
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            retrying(_transfer, client, job)
    except httpx.InvalidURL as error:
        raise BadInput(f"{job.url!r} is no address ({error})") from None
    except (_Interrupted, httpx.HTTPError) as error:
        reason = str(error) or type(error).__name__
        raise Unavailable(f"{job.url} could not be downloaded ({reason}); try again, or set a mirror") from None


def _transfer(client: httpx.Client, job: _Job) -> None:
    headers = {"Accept-Encoding": "identity"}
    start = job.part.stat().st_size if job.part.exists() and job.tag.exists() else 0
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": job.tag.read_text(encoding="ascii")}
    with client.stream("GET", job.address, headers=headers) as response:
        _check_status(response, job)
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            start = 0
        elif not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
            job.discard()
            raise _Interrupted("the server sent another range than the one asked for")
        _write(response, job, start)


def _check_status(response: httpx.Response, job: _Job) -> None:
    status = response.status_code
    if status in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
        return
    if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        job.discard()
    if status in (408, 416, 425, 429) or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _Interrupted(f"status {status}")
    raise NotFound(f"{job.url} answers {status}; check the address")


def _write(response: httpx.Response, job: _Job, start: int) -> None:
    length = response.headers.get("content-length", "")
    expected = start + int(length) if length.isdecimal() else None
    _check_size(job, expected or 0)
    tag = response.headers.get("etag", "")
    if tag and not tag.startswith("W/"):
        job.tag.write_text(tag, encoding="ascii")
    else:
        job.tag.unlink(missing_ok=True)
    size = start
    with job.part.open("ab" if start else "wb") as part:
        for chunk in response.iter_raw():  # as it comes, so that a cut loses nothing
            size += len(chunk)
            _check_size(job, size)
            part.write(chunk)
    if expected is not None and size != expected:
        raise _Interrupted(f"{size} bytes came, {expected} were promised")


def _check_size(job: _Job, size: int) -> None:
    if size > job.limit_bytes:
        job.discard()
        raise TooLarge(
            f"{job.url} is larger than the limit of {job.limit_bytes} bytes; raise SERVING_KIT_DOWNLOAD_LIMIT_BYTES"
        )


def _publish(job: _Job, sha256: str | None) -> str:
    found = file_sha256(job.part)
    if sha256 is not None and found != sha256:
        job.discard()
        raise ChecksumMismatch(f"{job.url} has sha256 {found}, expected {sha256}; the download was thrown away")
    job.part.replace(job.destination)
    job.tag.unlink(missing_ok=True)
    return found
