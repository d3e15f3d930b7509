"""One call over baidu_std: a frame in, a frame out, whatever happens."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from serving_kit.codecs import brpc_code
from serving_kit.codecs.baidu_std import Frame, encode_frame, response_meta
from serving_kit.codecs.compression import Compression, compress, decompress, too_large
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, SERVICE, decode_request, encode_response
from serving_kit.errors import BadInput, Kind, NotFound, ServingKitError, Unauthenticated, unforeseen
from serving_kit.service.call import Pending
from serving_kit.service.service import Service
from serving_kit.types import InferRequest, InferResponse

log = logging.getLogger(__name__)

Tell = Callable[[bytes], None]


class Caller:
    """Calls that come to one address of a server; a payload unpacks to at most `limit_bytes`."""

    def __init__(self, service: Service, address: str, limit_bytes: int) -> None:
        self._service = service
        self._address = address
        self._limit_bytes = limit_bytes

    def call(self, frame: Frame, tell: Tell) -> Pending | None:
        """Tell the frame that answers a frame, packed as the question was, once it is there; never raises.

        It may be told before this returns. A failure is told by the meta's `error_code` and `error_text`, which begins
        with the server's address and the code as bRPC's does, and by `err_no` and `err_msg` of the Response beside it.
        """
        request: InferRequest | None = None
        try:
            _check_key(frame)
            _check_method(frame)
            request = _request(frame, self._limit_bytes)
            return self._service.begin(None, request, partial(self._answer, frame, request, tell))
        except Exception as error:  # noqa: BLE001 - told to the client
            tell(self._failure(frame, error, request))
            return None

    def _answer(self, frame: Frame, request: InferRequest, tell: Tell, pending: Pending) -> None:
        try:
            answer = _written(frame, pending.response())
        except Exception as error:  # noqa: BLE001 - told to the client
            answer = self._failure(frame, error, request)
        tell(answer)

    def _failure(self, frame: Frame, error: Exception, request: InferRequest | None) -> bytes:
        if not isinstance(error, ServingKitError):
            log.error("a bRPC request failed", exc_info=error)
            error = unforeseen(error)
        is_no_service = isinstance(error, _NoService)
        code = brpc_code.NO_SERVICE if is_no_service else brpc_code.code_of(error.kind)
        text = f"InferService inference failed! {error}" if error.kind is Kind.INTERNAL else str(error)
        told = f"[{self._address}][E{code}]{text}"
        meta = response_meta(frame.meta.correlation_id, code=code, text=told)
        log_id = request.log_id if request else 0
        return encode_frame(meta, encode_response(InferResponse((), log_id=log_id, err_no=code, err_msg=text)))


class _NoService(NotFound):
    """No service of that name."""


def _check_key(frame: Frame) -> None:
    if not frame.is_welcome:
        raise Unauthenticated(
            "the request carries no API key that this server knows; send one as the meta's authentication_data"
        )


def _check_method(frame: Frame) -> None:
    if not frame.meta.HasField("request"):
        raise BadInput("the frame carries no request; set service_name and method_name in its meta")
    service, method = frame.meta.request.service_name, frame.meta.request.method_name
    if service not in (SERVICE, FULL_SERVICE):
        raise _NoService(f"Fail to find service={service[:200]}; this server has {FULL_SERVICE}")
    if method not in METHODS:
        raise NotFound(f"Fail to find method={FULL_SERVICE}/{method[:200]}; it has {' and '.join(METHODS)}")


def _request(frame: Frame, limit_bytes: int) -> InferRequest:
    if frame.payload is None:
        raise too_large(limit_bytes)
    compression = Compression.of(frame.meta.compress_type)
    request = decode_request(decompress(frame.payload, compression, limit_bytes))
    timeout_ms = frame.meta.request.timeout_ms
    return replace(request, deadline_s=timeout_ms / 1e3) if timeout_ms > 0 else request


def _written(frame: Frame, response: InferResponse) -> bytes:
    compression = Compression.of(frame.meta.compress_type)
    meta = response_meta(frame.meta.correlation_id, compress_type=compression)
    return encode_frame(meta, compress(encode_response(response), compression))
