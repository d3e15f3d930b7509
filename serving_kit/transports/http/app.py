"""The HTTP application: every route on one ASGI app."""

from collections.abc import Sequence
from functools import partial

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp

from serving_kit import __version__
from serving_kit.errors import BadInput, NotFound, ServingKitError
from serving_kit.metrics.counters import Metrics
from serving_kit.service.service import Service
from serving_kit.transports.http.open_inference import OpenInferenceRoutes
from serving_kit.transports.http.status import Tell, render

MAX_BODY_BYTES = 512 << 20  # Paddle Serving's default of --max_body_size


def create_app(
    service: Service, routers: Sequence[APIRouter], *, max_body_bytes: int = MAX_BODY_BYTES, tell: Tell = render
) -> ASGIApp:
    """Return the application of a service: its health, its figures, the Open Inference Protocol, and then `routers`.

    Bodies over `max_body_bytes` are refused with 413 while they arrive; `tell` says what no route takes.
    """
    app = FastAPI(title="Serving Kit", version=__version__, docs_url=None, redoc_url=None)
    for router in (OpenInferenceRoutes(service, max_body_bytes).router, *routers):
        app.include_router(router)

    async def ready(_: Request) -> Response:
        body = {"ready": service.is_ready, "models": [model.name for model in service.models]}
        return Response(orjson.dumps(body), 200 if service.is_ready else 503, media_type="application/json")

    app.add_api_route("/health", _health, response_model=None, response_class=PlainTextResponse)
    app.add_api_route("/ready", ready, response_model=None, responses={503: {"description": "the server is stopping"}})
    if service.metrics:
        metrics = service.metrics
        app.add_api_route(
            "/metrics", lambda: _exposition(metrics), response_model=None, response_class=PlainTextResponse
        )
    app.add_exception_handler(HTTPException, partial(_no_such_route, tell))
    return app


async def _health(_: Request) -> Response:
    """Answer as bRPC's built-in page does."""
    return Response("OK", media_type="text/plain")


def _exposition(metrics: Metrics) -> Response:
    return Response(metrics.render(), headers={"content-type": metrics.content_type})


async def _no_such_route(tell: Tell, request: Request, exception: Exception) -> Response:
    """Answer for a path or a verb that no route takes, in the words of the protocol the path belongs to."""
    path = request.url.path
    status = exception.status_code if isinstance(exception, HTTPException) else 404
    headers = (exception.headers if isinstance(exception, HTTPException) else None) or {}
    error: ServingKitError = NotFound(f"Fail to find method on `{path}'; ask /v2/models for what is served here")
    if status == 405:
        error = BadInput(f"{request.method} is not taken on `{path}'; try {headers['Allow']}")
    response = tell(path, request.scope.get("server"), error).response()
    response.status_code = status
    response.headers.update(headers)
    return response
