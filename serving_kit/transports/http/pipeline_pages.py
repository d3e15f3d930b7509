"""What a browser sees of a running pipeline: its graph, drawn with live figures, and the figures themselves."""

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from serving_kit.codecs.json_array import parse_object
from serving_kit.errors import NotFound, Unsupported
from serving_kit.pipeline.drawing import svg
from serving_kit.pipeline.figures import figures
from serving_kit.pipeline.page import page
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.transports.http.body import read_body
from serving_kit.transports.http.openapi import WEIGHTS
from serving_kit.transports.http.status import answering

_MOST_BYTES = 64 << 10  # of weights


class _Drawing(Response):
    media_type = "image/svg+xml"


def pages(pipeline: Pipeline, *, is_controlled: bool = False) -> APIRouter:
    """Return the routes below `/pipeline`; clients may change the weights of variants where it `is_controlled`."""
    router = APIRouter(prefix="/pipeline", tags=["Pipeline"])

    async def look() -> Response:
        return HTMLResponse(page(pipeline.name))

    async def graph() -> Response:
        return _Drawing(svg(pipeline.graph, figures(pipeline)))

    async def numbers() -> Response:
        return Response(orjson.dumps(figures(pipeline)), media_type="application/json")

    async def weigh(request: Request) -> Response:
        if not is_controlled:
            raise Unsupported("clients may not change weights here; start the pipeline with --control")
        name = request.path_params["op"]
        variants = pipeline.variants.get(name)
        if variants is None:
            raise NotFound(f"op {name!r} has no variants here; those that have are {list(pipeline.variants)}")
        variants.set_weights(parse_object(await read_body(request, _MOST_BYTES)))
        return Response(orjson.dumps(variants.weights), media_type="application/json")

    router.add_api_route(
        "/variants/{op}",
        answering(weigh),
        methods=["PUT"],
        response_model=None,
        openapi_extra=WEIGHTS,
    )
    router.add_api_route("", look, response_class=HTMLResponse, summary="Draw the graph, every second anew")
    router.add_api_route("/graph.svg", graph, response_class=_Drawing, summary="Draw the graph once")
    router.add_api_route("/figures", numbers, response_model=None, summary="Tell every op's figures")
    return router
