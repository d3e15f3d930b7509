"""The two ends of a pipeline of steps, whose values need not be text."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson

from serving_kit.codecs import pipeline_service_pb2 as pb
from serving_kit.codecs.pipeline_message import text_of
from serving_kit.pipeline.codes import ErrNo, WrongType
from serving_kit.pipeline.ends import ChannelData, RequestOp, ResponseOp
from serving_kit.pipeline.text import array_of
from serving_kit.types import ElementType, TensorSpec


class TypedRequest(RequestOp):
    """Makes arrays of text where the pipeline says of which type: steps get the same over every protocol."""

    def __init__(self, inputs: Sequence[TensorSpec]) -> None:
        self._types = {spec.alias: spec.element_type for spec in inputs if spec.element_type is not ElementType.STRING}
        super().__init__()

    def unpack_request_package(self, request: pb.Request) -> tuple[dict[str, Any], int | None, int | None, str]:
        """Return the values by name; BadInput where one is not of its type."""
        values, log_id, err_no, text = super().unpack_request_package(request)
        for name, element_type in self._types.items():
            if isinstance(values.get(name), str):
                values[name] = array_of(values[name], element_type, name)
        return values, log_id, err_no, text


class StepResponse(ResponseOp):
    """Packs text as it is, arrays as their whole repr and everything else as JSON."""

    def pack_response_package(self, channeldata: ChannelData) -> pb.Response:
        """Return the message of an answer or of an error."""
        if channeldata.error_code:
            return super().pack_response_package(channeldata)
        try:
            written = {name: _written(name, value) for name, value in channeldata.parse().items()}
        except WrongType as error:
            return pb.Response(err_no=ErrNo.TYPE_ERROR, err_msg=str(error))
        return pb.Response(key=list(written), value=list(written.values()))


def _written(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray):
        return text_of(value)
    try:
        return orjson.dumps(value, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS).decode()
    except TypeError as error:
        raise WrongType(f"{name!r} cannot be written as text: {error}; let the last step give text or arrays") from None


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):  # of strings, or not contiguous
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is neither text nor a number nor a list of such")
