"""One call over baidu_std: a frame in, a frame out, whatever happens."""

import logging
from dataclasses import replace

from serving_kit.codecs import brpc_code
from serving_kit.codecs.baidu_std import Frame, encode_frame, response_meta
from serving_kit.codecs.compression import Compression, compress, decompress, too_large
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, SERVICE, decode_request, encode_response
from serving_kit.errors import BadInput, Kind, NotFound, ServingKitError, unforeseen
from serving_kit.service.service import Service
from serving_kit.types import InferRequest, InferResponse

log = logging.getLogger(__name__)


async def answer(service: Service, frame: Frame, address: str, limit_bytes: int) -> bytes:
    """Return the frame that answers a frame, packed as the question was.

    A failure is told by the meta's `error_code` and `error_text`, which begins with the server's address and the code
    as bRPC's does, and by `err_no` and `err_msg` of the Response beside it.
    """
    request: InferRequest | None = None
    try:
        _check_method(frame)
        request = _request(frame, limit_bytes)
        response = await service.infer(None, request)
    except _NoService as error:
        return _failure(frame, brpc_code.NO_SERVICE, str(error), address, request)
    except ServingKitError as error:
        return _failure(frame, brpc_code.code_of(error.kind), _text(error), address, request)
    except Exception as error:
        log.exception("a bRPC request failed")
        told = unforeseen(error)
        return _failure(frame, brpc_code.code_of(told.kind), _text(told), address, request)
    compression = Compression.of(frame.meta.compress_type)
    meta = response_meta(frame.meta.correlation_id, compress_type=compression)
    return encode_frame(meta, compress(encode_response(response), compression))


class _NoService(NotFound):
    """No service of that name."""


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


def _text(error: ServingKitError) -> str:
    return f"InferService inference failed! {error}" if error.kind is Kind.INTERNAL else str(error)


def _failure(frame: Frame, code: int, text: str, address: str, request: InferRequest | None) -> bytes:
    told = f"[{address}][E{code}]{text}"
    meta = response_meta(frame.meta.correlation_id, code=code, text=told)
    log_id = request.log_id if request else 0
    return encode_frame(meta, encode_response(InferResponse((), log_id=log_id, err_no=code, err_msg=text)))
