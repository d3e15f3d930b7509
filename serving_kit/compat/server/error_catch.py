"""What `paddle_serving_server.pipeline.error_catch` offers to ops: numbers of errors, and an error with its number."""

from enum import Enum

from serving_kit.codecs.pipeline_code import ErrNo as CustomExceptionCode
from serving_kit.codecs.pipeline_code import PipelineError

__all__ = ["CustomException", "CustomExceptionCode", "ProductErrCode"]


class ProductErrCode(Enum):
    """Base of a product's own numbers, 51 to 99."""


class CustomException(PipelineError):
    """Raised by an op: its client is told this number and text, and the server goes on."""

    def __init__(
        self,
        exceptionCode: CustomExceptionCode,  # noqa: N803 - the old names
        errorMsg: str,  # noqa: N803
        isSendToUser: bool = False,  # noqa: N803, ARG002 - it ended the server where this was not so
    ) -> None:
        super().__init__(exceptionCode, errorMsg)
