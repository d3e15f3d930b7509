"""What a server of models answers over HTTP: the Open Inference Protocol and Paddle Serving's two interfaces."""

from functools import partial

from starlette.types import ASGIApp

from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.http.app import MAX_BODY_BYTES, create_app
from serving_kit.transports.http.general_model import GeneralModelRoutes
from serving_kit.transports.http.lane import HttpLane
from serving_kit.transports.http.route import route
from serving_kit.transports.http.web_service import WebServiceRoutes


def models_app(service: Service, *, max_body_bytes: int = MAX_BODY_BYTES) -> ASGIApp:
    """Return the application of a service's models."""
    routers = [routes(service, max_body_bytes).router for routes in (GeneralModelRoutes, WebServiceRoutes)]
    return create_app(service, routers, max_body_bytes=max_body_bytes)


def models_lane(service: Service, *, max_body_bytes: int = MAX_BODY_BYTES, keys: ApiKeys | None = None) -> HttpLane:
    """Return the application on connections, its inferences on the short way."""
    app = models_app(service, max_body_bytes=max_body_bytes)
    return HttpLane(app, partial(route, service), max_body_bytes=max_body_bytes, keys=keys)
