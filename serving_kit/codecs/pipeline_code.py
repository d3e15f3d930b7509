"""Error numbers of a pipeline's answers, those of Paddle Serving 0.8 and 0.9 (`error_catch.py`)."""

from enum import IntEnum

from serving_kit.errors import Kind, ServingKitError

PRODUCT_ERRORS = range(51, 100)
"""What an op of the user's may answer with."""


class ErrNo(IntEnum):
    """`err_no` of an answer; 0 is success."""

    OK = 0
    PRODUCT_ERROR = 50
    NOT_IMPLEMENTED = 3000
    CLOSED_ERROR = 3001
    NO_SERVICE = 3002
    INIT_ERROR = 3003
    CONF_ERROR = 4000
    INPUT_PARAMS_ERROR = 5000
    TIMEOUT = 6000
    TYPE_ERROR = 7000
    RPC_PACKAGE_ERROR = 8000
    CLIENT_ERROR = 9000
    UNKNOW = 10000  # the old spelling


_KINDS = {
    ErrNo.CLOSED_ERROR: Kind.UNAVAILABLE,
    ErrNo.NO_SERVICE: Kind.NOT_FOUND,
    ErrNo.INPUT_PARAMS_ERROR: Kind.BAD_INPUT,
    ErrNo.TIMEOUT: Kind.DEADLINE,
    ErrNo.TYPE_ERROR: Kind.BAD_INPUT,
    ErrNo.RPC_PACKAGE_ERROR: Kind.BAD_INPUT,
} | dict.fromkeys(PRODUCT_ERRORS, Kind.BAD_INPUT)


class PipelineError(ServingKitError):
    """What a pipeline answers instead of values; `err_no` is its number on the wire."""

    def __init__(self, err_no: int, text: str) -> None:
        super().__init__(text)
        self.err_no = int(err_no)
        self.kind = _KINDS.get(self.err_no, Kind.INTERNAL)
