"""From errors to the numbers of the pipeline's answers."""

from serving_kit.codecs.pipeline_code import ErrNo, PipelineError
from serving_kit.errors import BadInput, Kind, NotFound, ServingKitError

__all__ = ["ErrNo", "NoService", "OpError", "WrongType", "failed_to_predict", "number_of"]

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


class OpError(PipelineError):
    """An op could not answer one request; `err_no` is its number on the wire, `op` the op's name."""

    def __init__(self, err_no: int, text: str, op: str = "") -> None:
        super().__init__(err_no, text)
        self.op = op


class WrongType(BadInput):
    """A value is of a type that an answer cannot hold."""


class NoService(NotFound):
    """The request names another service."""


def number_of(error: BaseException) -> int:
    """Return the number that an error has on the wire."""
    if isinstance(error, PipelineError):
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
