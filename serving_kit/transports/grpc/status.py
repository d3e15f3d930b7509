"""Kinds of errors as gRPC's status codes, and the one place where a method's error becomes one."""

import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

import grpc

from serving_kit.errors import Kind, ServingKitError, unforeseen

log = logging.getLogger(__name__)

CODES = {
    Kind.BAD_INPUT: grpc.StatusCode.INVALID_ARGUMENT,
    Kind.UNAUTHENTICATED: grpc.StatusCode.UNAUTHENTICATED,
    Kind.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    Kind.TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.OVERLOADED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    Kind.INTERNAL: grpc.StatusCode.INTERNAL,
    Kind.UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    Kind.DEADLINE: grpc.StatusCode.DEADLINE_EXCEEDED,
}
KIND_KEY = "serving-kit-error"  # trailing metadata: the kind itself, where two of them share a code

Context = grpc.aio.ServicerContext[bytes, bytes]
Method = Callable[[bytes, Context], Awaitable[bytes]]


def answering(method: Method) -> Method:
    """Return the method with every error it raises told as a status; what nobody foresaw is logged and Internal."""

    async def answer(body: bytes, context: Context) -> bytes:
        try:
            return await method(body, context)
        except ServingKitError as error:
            await abort(context, error)
        except Exception as error:
            log.exception("a gRPC request failed")
            await abort(context, unforeseen(error))

    return answer


async def abort(context: Context, error: ServingKitError) -> NoReturn:
    """End a call with an error."""
    await context.abort(CODES[error.kind], str(error), ((KIND_KEY, str(error.kind)),))
    raise AssertionError("abort always raises")


def deadline_s(context: Context) -> float | None:
    """Return how many seconds a caller still waits; None for one that waits for ever."""
    remaining_s = context.time_remaining()
    return None if remaining_s is None or remaining_s > 1e8 else max(remaining_s, 0.001)
