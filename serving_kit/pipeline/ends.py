"""The two ends of a pipeline: what a request's message means, and how the last op's answer is written."""

import logging
from enum import Enum
from typing import Any

import numpy as np

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.codecs.pipeline_message import PipelineResponse, request_of, text_of
from serving_kit.errors import ServingKitError
from serving_kit.pipeline.codes import ErrNo, OpError, WrongType, number_of
from serving_kit.pipeline.graph import ENTRY
from serving_kit.pipeline.op import Op
from serving_kit.pipeline.trace import Trace

log = logging.getLogger(__name__)


class RequestOp(Op):
    """Unpacks requests; override `unpack_request_package` where they are packed in another way."""

    def __init__(self) -> None:
        super().__init__(name=ENTRY)
        self.init_op()

    def unpack_request_package(self, request: pb.Request) -> tuple[dict[str, Any], int | None, int | None, str]:
        """Return the values by name, the client's log number, a product's own error number or None, and its text."""
        read = request_of(request)
        return read.values, read.log_id, None, ""


class ResponseOp(Op):
    """Packs answers; override `pack_response_package` where clients want them in another form."""

    def __init__(self, input_ops: Any) -> None:
        super().__init__(name=ENTRY, input_ops=input_ops)
        self.init_op()

    def pack_response_package(self, channeldata: "ChannelData") -> pb.Response:
        """Return the message of an answer or of an error: all values text, or all arrays, which become their repr."""
        if channeldata.error_code:
            return pb.Response(err_no=channeldata.error_code, err_msg=channeldata.error_info)
        try:
            written = texts(channeldata.parse())
        except WrongType as error:
            return pb.Response(err_no=ErrNo.TYPE_ERROR, err_msg=str(error))
        return pb.Response(key=list(written), value=list(written.values()))


class ChannelDataType(Enum):
    """What `ChannelData` holds: an answer that is text, one that is printed as numpy does, or an error."""

    DICT = 0
    CHANNEL_NPDATA = 1
    ERROR = 2


class ChannelData:
    """What the last op gave, or the error that came instead, as overriders of `pack_response_package` read it."""

    def __init__(
        self,
        value: dict[str, Any] | None,
        error: ServingKitError | None,
        data_id: int,
        log_id: int,
        trace: Trace | None = None,
    ) -> None:
        self.id, self.log_id = data_id, log_id
        self.error = error
        self.trace = trace  # where the client asked for it
        self.error_code = 0 if error is None else number_of(error)
        self.error_info = "" if error is None else str(error)
        is_product = isinstance(error, OpError) and self.error_code in range(ErrNo.PRODUCT_ERROR, 100)
        self.prod_error_code = self.error_code if is_product else None
        self.prod_error_info = self.error_info if is_product else ""
        self._value = value or {}
        kind = ChannelDataType.CHANNEL_NPDATA if _are_printed(self._value) else ChannelDataType.DICT
        self.datatype: int = (ChannelDataType.ERROR if error else kind).value

    def parse(self) -> dict[str, Any]:
        """Return the values by name."""
        return self._value


def texts(values: dict[str, Any]) -> dict[str, str]:
    """Write values as text: all of them are text, or all are arrays or lists of text, which become their repr.

    WrongType names the first that is neither.
    """
    if _are_printed(values):
        return {name: text_of(value) for name, value in values.items()}
    wrong = [(name, value) for name, value in values.items() if not isinstance(value, str)]
    if wrong:
        name, value = wrong[0]
        raise WrongType(f"{ENTRY} fetch var type must be str({type(value)}): make {name!r} text in postprocess")
    return values


def _are_printed(values: dict[str, Any]) -> bool:
    return all(
        isinstance(value, np.ndarray) or (isinstance(value, list) and all(isinstance(text, str) for text in value))
        for value in values.values()
    )


def response_of(message: pb.Response) -> PipelineResponse:
    """Return an answer's message as plain values."""
    values = dict(zip(message.key, message.value, strict=False))
    return PipelineResponse(values, message.err_no, message.err_msg)
