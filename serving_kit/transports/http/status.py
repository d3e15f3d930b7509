"""Kinds of errors as HTTP statuses and bRPC codes, and the one place where a handler's error becomes an answer."""

import logging
from collections.abc import Awaitable, Callable

import orjson
from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from serving_kit.errors import Internal, Kind, ServingKitError

log = logging.getLogger(__name__)

HTTP_STATUS = {
    Kind.BAD_INPUT: 400,
    Kind.NOT_FOUND: 404,
    Kind.TOO_LARGE: 413,
    Kind.OVERLOADED: 429,
    Kind.INTERNAL: 500,
    Kind.UNAVAILABLE: 503,
    Kind.DEADLINE: 504,
}
# bRPC's errno.proto; a failed inference is Paddle Serving's own -5100 (constant.h).
BRPC_CODE = {
    Kind.BAD_INPUT: 1003,
    Kind.NOT_FOUND: 1002,
    Kind.TOO_LARGE: 1003,
    Kind.OVERLOADED: 2004,
    Kind.INTERNAL: -5100,
    Kind.UNAVAILABLE: 2003,
    Kind.DEADLINE: 1008,
}
CLIENT_CLOSED_REQUEST = 499  # nobody reads it; the name is nginx's

Handler = Callable[[Request], Awaitable[Response]]
Render = Callable[[Request, ServingKitError], Response]


def answering(handler: Handler, render: Render) -> Handler:
    """Return the handler with every error it raises rendered; what nobody foresaw is logged and becomes Internal."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ServingKitError as error:
            return _closing_unread(request, render(request, error))
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED_REQUEST)
        except Exception as error:
            log.exception("%s %s failed", request.method, request.url.path)
            return render(request, Internal(f"the server failed on this request: {type(error).__name__}: {error}"))

    return answer


def render_json(_: Request, error: ServingKitError) -> Response:
    """Answer `{"error": text}`, as the Open Inference Protocol says."""
    body = orjson.dumps({"error": str(error)})
    return Response(body, HTTP_STATUS[error.kind], media_type="application/json")


def render_brpc(request: Request, error: ServingKitError) -> Response:
    """Answer as bRPC does: plain text after `[ip:port][Ecode]`, and the code in `x-bd-error-code`."""
    code = BRPC_CODE[error.kind]
    host, port = request.scope.get("server") or ("", 0)
    failed = "InferService inference failed! " if error.kind is Kind.INTERNAL else ""
    status = 503 if error.kind is Kind.OVERLOADED else HTTP_STATUS[error.kind]
    text = f"[{host}:{port}][E{code}]{failed}{error}"
    return Response(text.encode("utf-8", "replace"), status, {"x-bd-error-code": str(code)}, "text/plain")


def _closing_unread(request: Request, response: Response) -> Response:
    """Close the connection where a client was refused before it sent the body it asked leave to send."""
    if "expect" in request.headers:
        response.headers["connection"] = "close"
    return response
