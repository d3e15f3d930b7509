"""Error numbers of the pipeline's answers, those of Paddle Serving 0.8 and 0.9 (`error_catch.py`)."""

from enum import IntEnum

from serving_kit.errors import BadInput, Kind, NotFound, ServingKitError

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


_OF_KIND = {
    Kind.BAD_INPUT: ErrNo.INPUT_PARAMS_ERROR,
    Kind.UNAUTHENTICATED: ErrNo.CLIENT_ERROR,
    Kind.TOO_LARGE: ErrNo.RPC_PACKAGE_ERROR,
    Kind.NOT_FOUND: ErrNo.NO_SERVICE,
    Kind.OVERLOADED: ErrNo.CLIENT_ERROR,
    Kind.DEADLINE: ErrNo.TIMEOUT,
    Kind.UNAVAILABLE: ErrNo.CLOSED_ERROR,
    Kind.INTERNAL: ErrNo.UNKNOW,
}


class OpError(ServingKitError):
    """An op could not answer one request; `err_no` is its number on the wire, `op` the op's name."""

    def __init__(self, err_no: int, text: str, op: str = "") -> None:
        super().__init__(text)
        self.err_no = int(err_no)
        self.op = op


class WrongType(BadInput):
    """A value is of a type that an answer cannot hold."""


class NoService(NotFound):
    """The request names another service."""


def number_of(error: BaseException) -> int:
    """Return the number that an error has on the wire."""
    if isinstance(error, OpError):
        return error.err_no
    if isinstance(error, WrongType):
        return ErrNo.TYPE_ERROR
    return _OF_KIND[error.kind] if isinstance(error, ServingKitError) else ErrNo.UNKNOW


def failed_to_predict(op: str, info: str) -> str:
    """Return Paddle Serving's words for an op whose `process` failed."""
    return (
        f"[{op}] failed to predict. {info}. Please check the input dict and checkout "
        "PipelineServingLogs/pipeline.log for more details."
    )
