"""What a web service with hooks answers over HTTP: its own route, and its models without the hooks on theirs."""

from collections.abc import Mapping

from starlette.types import ASGIApp

from serving_kit.service.keys import ApiKeys
from serving_kit.service.service import Service
from serving_kit.transports.http.app import MAX_BODY_BYTES, create_app
from serving_kit.transports.http.general_model import GeneralModelRoutes
from serving_kit.transports.http.hooked import Hooked, HookedQuestion, HookedRoutes
from serving_kit.transports.http.lane import HttpLane
from serving_kit.transports.http.question import Question
from serving_kit.transports.http.route import route
from serving_kit.transports.http.status import Server


def hooked_app(service: Service, hooked: Hooked, *, max_body_bytes: int = MAX_BODY_BYTES) -> ASGIApp:
    """Return the application of a service's models behind the hooks."""
    routers = (GeneralModelRoutes(service, max_body_bytes).router, HookedRoutes(hooked, max_body_bytes).router)
    return create_app(service, routers, max_body_bytes=max_body_bytes)


def hooked_lane(
    service: Service, hooked: Hooked, *, max_body_bytes: int = MAX_BODY_BYTES, keys: ApiKeys | None = None
) -> HttpLane:
    """Return the application on connections, its inferences on the short way."""

    def question(server: Server, path: str, headers: Mapping[str, str]) -> Question | None:
        match path.split("/"):
            case ["", name, "prediction"] if name:
                return HookedQuestion(hooked, name, path, headers)
        return route(service, server, path, headers)

    app = hooked_app(service, hooked, max_body_bytes=max_body_bytes)
    return HttpLane(app, question, max_body_bytes=max_body_bytes, keys=keys)
