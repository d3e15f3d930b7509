"""Every error this package raises on purpose.

    ServingKitError
    ├── BadInput            the caller's data, flag, file or setting is wrong
    │   ├── ModelFileError      a model directory or file cannot be read
    │   ├── ChecksumMismatch    a file is not the one that was pinned
    │   ├── UnsafeArchive       an archive tries to leave its folder
    │   └── Unsupported         this machine or this build cannot do what was asked
    ├── Unauthenticated     the request carries no API key that the server knows
    ├── TooLarge            a body or a download is over its limit
    ├── NotFound            no such model, method, card or file
    ├── Overloaded          the queue is full; try again later
    ├── DeadlineExceeded    no answer in the time allowed
    ├── Unavailable         a server or a registry cannot be reached
    └── Internal            an engine failed on input that looked right

Each text is one sentence: what happened, what was expected, what to do. `kind` is what a transport maps to its own
status codes; nothing here knows HTTP, gRPC or bRPC.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What went wrong, in words every protocol has a code for."""

    BAD_INPUT = "bad_input"
    UNAUTHENTICATED = "unauthenticated"
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    OVERLOADED = "overloaded"
    DEADLINE = "deadline"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class ServingKitError(Exception):
    """Base of all; catch this to catch whatever the package raises on purpose."""

    kind: Kind = Kind.INTERNAL


class BadInput(ServingKitError):
    """The caller's data, flag, file or setting is wrong."""

    kind = Kind.BAD_INPUT


class ModelFileError(BadInput):
    """A model directory or one of its files cannot be read as a model."""


class ChecksumMismatch(BadInput):
    """A file's sha256 is not the one that was pinned."""


class UnsafeArchive(BadInput):
    """An archive member would land outside its folder, is a link or a device, or unpacks to far too much."""


class Unsupported(BadInput):
    """This machine, or this build of an engine, cannot do what was asked."""


class Unauthenticated(ServingKitError):
    """The request carries no API key that the server knows."""

    kind = Kind.UNAUTHENTICATED


class TooLarge(ServingKitError):
    """A body, a document or a download is over its limit."""

    kind = Kind.TOO_LARGE


class NotFound(ServingKitError):
    """No such model, method, card or file."""

    kind = Kind.NOT_FOUND


class Overloaded(ServingKitError):
    """The server has as much work as it may hold."""

    kind = Kind.OVERLOADED


class DeadlineExceeded(ServingKitError):
    """No answer came in the time allowed."""

    kind = Kind.DEADLINE


class Unavailable(ServingKitError):
    """A server or a registry cannot be reached."""

    kind = Kind.UNAVAILABLE


class Internal(ServingKitError):
    """An engine failed on input that looked right."""


def of_kind(kind: Kind, text: str) -> ServingKitError:
    """Build the error whose `kind` is given: how a client turns a status back into a type."""
    return next(error for error in ServingKitError.__subclasses__() if error.kind is kind)(text)


def unforeseen(error: Exception) -> Internal:
    """Return the error that tells a caller of something that nobody foresaw."""
    return Internal(f"the server failed on this request: {type(error).__name__}: {error}")
