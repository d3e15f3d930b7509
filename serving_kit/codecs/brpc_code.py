"""Kinds of errors as bRPC's codes (errno.proto), which GeneralModelService says over HTTP too."""

from serving_kit.errors import Kind

NO_SERVICE = 1001
NO_METHOD = 1002
BAD_REQUEST = 1003
NOT_AUTHENTICATED = 1004
INTERNAL = 2001
REQUEST_REFUSED = 2004

# A failed inference is Paddle Serving's own -5100 (constant.h). 2003 takes the whole server out of a client's list, so
# it is said only where the server stops.
_CODES = {
    Kind.BAD_INPUT: BAD_REQUEST,
    Kind.UNAUTHENTICATED: NOT_AUTHENTICATED,
    Kind.NOT_FOUND: NO_METHOD,
    Kind.TOO_LARGE: BAD_REQUEST,
    Kind.OVERLOADED: REQUEST_REFUSED,
    Kind.INTERNAL: -5100,
    Kind.UNAVAILABLE: 2003,
    Kind.DEADLINE: 1008,
}
_KINDS = {code: kind for kind, code in _CODES.items()} | {
    NO_SERVICE: Kind.NOT_FOUND,
    BAD_REQUEST: Kind.BAD_INPUT,
    INTERNAL: Kind.INTERNAL,
}


def code_of(kind: Kind) -> int:
    """Return the code that a kind of error is told by."""
    return _CODES[kind]


def kind_of(code: int) -> Kind:
    """Return the kind of error that a code tells; one that is not ours is an internal failure."""
    return _KINDS.get(code, Kind.INTERNAL)
