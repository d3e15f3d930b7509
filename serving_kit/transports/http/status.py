"""Kinds of errors as HTTP statuses and bRPC codes, and the one place where a handler's error becomes an answer."""

import logging
from collections.abc import Awaitable, Callable

import orjson
from fastapi import Request, Response
from starlette.requests import ClientDisconnect

from serving_kit.codecs import brpc_code
from serving_kit.errors import Kind, ServingKitError, unforeseen

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
            return render(request, unforeseen(error))

    return answer


def render_json(_: Request, error: ServingKitError) -> Response:
    """Answer `{"error": text}`, as the Open Inference Protocol says."""
    body = orjson.dumps({"error": str(error)})
    return Response(body, HTTP_STATUS[error.kind], media_type="application/json")


def render_brpc(request: Request, error: ServingKitError) -> Response:
    """Answer as bRPC does: plain text after `[ip:port][Ecode]`, and the code in `x-bd-error-code`."""
    code = brpc_code.code_of(error.kind)
    host, port = request.scope.get("server") or ("", 0)
    failed = "InferService inference failed! " if error.kind is Kind.INTERNAL else ""
    text = f"[{host}:{port}][E{code}]{failed}{error}"
    return Response(text.encode("utf-8", "replace"), status_of(error), {"x-bd-error-code": str(code)}, "text/plain")


def status_of(error: ServingKitError) -> int:
    """Return the status of GeneralModelService's own interface, which has 503 where others say 429."""
    return 503 if error.kind is Kind.OVERLOADED else HTTP_STATUS[error.kind]


def _closing_unread(request: Request, response: Response) -> Response:
    """Close the connection where a client was refused before it sent the body it asked leave to send."""
    if "expect" in request.headers:
        response.headers["connection"] = "close"
    return response
