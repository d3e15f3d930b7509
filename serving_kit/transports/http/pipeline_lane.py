"""What a server of one pipeline answers over HTTP: the gateway's route, the Open Inference Protocol, and its pages."""

from functools import partial

from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.http.app import create_app
from serving_kit.transports.http.lane import HttpLane
from serving_kit.transports.http.pipeline import PipelineRoutes, render_gateway, route_pipeline
from serving_kit.transports.http.pipeline_pages import pages


def pipeline_lane(
    pipeline: Pipeline,
    service: Service,
    *,
    max_body_bytes: int,
    keys: ApiKeys | None = None,
    is_controlled: bool = False,
) -> HttpLane:
    """Return the application on connections, requests to the pipeline's own name on the short way."""
    routers = [pages(pipeline, is_controlled=is_controlled), PipelineRoutes(pipeline, max_body_bytes).router]
    app = create_app(service, routers, max_body_bytes=max_body_bytes, tell=render_gateway)
    route = partial(route_pipeline, pipeline)
    return HttpLane(app, route, max_body_bytes=max_body_bytes, keys=keys, tell=render_gateway)
