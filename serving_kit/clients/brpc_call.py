"""One call of GeneralModelService over baidu_std, without its sockets: the frame to send and the answer in a frame."""

from itertools import count

from serving_kit.clients.deadline import Deadline
from serving_kit.clients.retry import Refused
from serving_kit.codecs.baidu_std import Frame, encode_frame, request_meta
from serving_kit.codecs.brpc_code import kind_of
from serving_kit.codecs.compression import Compression, decompress
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, decode_response
from serving_kit.errors import Internal, Kind, ServingKitError, of_kind
from serving_kit.types import InferResponse

LIMIT_BYTES = 2**31 - 1  # protobuf reads no larger message

_numbers = count(1)


def next_number() -> int:
    """Return a correlation id that no call of this process had."""
    return next(_numbers)


def call_frame(payload: bytes, number: int, deadline: Deadline, who: str, api_key: str | None = None) -> bytes:
    """Return the frame of a call; it tells the server how long its caller waits, and who that is."""
    timeout_ms = max(1, int(deadline.left_s(who) * 1000))
    meta = request_meta(FULL_SERVICE, METHODS[0], number, timeout_ms=timeout_ms, api_key=api_key)
    return encode_frame(meta, payload)


def answer_of(frame: Frame, who: str) -> InferResponse:
    """Return what a frame answers.

    Raises the ServingKitError that its code stands for, Refused where the server is about to stop, Internal where
    the answer cannot be read.
    """
    said = frame.meta.response
    if said.error_code:
        raise _failure(said.error_code, _sentence(frame) or said.error_text, who)
    if frame.payload is None:
        raise Internal(f"{who} sent an answer of more than {LIMIT_BYTES} bytes; ask for less at once")
    try:
        kind = Compression.of(frame.meta.compress_type)
        response = decode_response(decompress(frame.payload, kind, LIMIT_BYTES))
    except ServingKitError as error:
        raise Internal(f"{who} sent an answer that cannot be read: {error}") from None
    if response.err_no:
        raise _failure(response.err_no, response.err_msg, who)
    return response


def _sentence(frame: Frame) -> str:
    """Return what this project's servers say beside the meta's text, which begins with their address and the code."""
    try:
        return decode_response(frame.payload or b"").err_msg
    except ServingKitError:
        return ""


def _failure(code: int, text: str, who: str) -> ServingKitError:
    sentence = text or f"{who} answered with bRPC's error code {code} and no reason; look into its log"
    kind = kind_of(code)
    return Refused(sentence) if kind is Kind.UNAVAILABLE else of_kind(kind, sentence)
