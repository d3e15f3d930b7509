"""`POST /{name}/{method}`: what the gateway of Paddle Serving's pipeline answered, and the same with typed values."""

from collections.abc import Mapping

import orjson
from fastapi import APIRouter, Request, Response

from serving_kit.codecs.pipeline_json import decode_request, encode_error, encode_response
from serving_kit.errors import Kind, ServingKitError
from serving_kit.pipeline.ends import ChannelData
from serving_kit.pipeline.pipeline import Pipeline
from serving_kit.pipeline.trace import KEY
from serving_kit.pipeline.values import plain_values
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.exchange import exchange
from serving_kit.transports.http.openapi import PIPELINE
from serving_kit.transports.http.question import Question, TaskQuestion
from serving_kit.transports.http.status import HTTP_STATUS, Server, hint, render_json
from serving_kit.types import Body

TYPED = "application/vnd.serving-kit+json"
"""A client that accepts this by name gets `{"values": {name: text, number or nested lists}}` instead of repr text."""

# gRPC's numbers of its status codes, which the gateway shows.
_CODES = {
    Kind.BAD_INPUT: 3,
    Kind.DEADLINE: 4,
    Kind.NOT_FOUND: 5,
    Kind.TOO_LARGE: 8,
    Kind.OVERLOADED: 8,
    Kind.INTERNAL: 13,
    Kind.UNAVAILABLE: 14,
    Kind.UNAUTHENTICATED: 16,
}


class PipelineRoutes:
    """One route, for the pipeline's own name; another gets the number that says so, as it did."""

    def __init__(self, pipeline: Pipeline, max_body_bytes: int) -> None:
        self._pipeline = pipeline
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(tags=["Pipeline"])
        self.router.add_api_route(
            "/{name}/{method}", self.ask, methods=["POST"], response_model=None, openapi_extra=PIPELINE
        )

    async def ask(self, request: Request) -> Response:
        """Answer `{"key": [name, ...], "value": [text, ...]}`."""
        question = PipelineQuestion(self._pipeline, request.url.path, request.headers)
        return await exchange(request, question, self._max_body_bytes)


class PipelineQuestion(TaskQuestion):
    """A request to the pipeline that a path names; which method it names is all the same."""

    def __init__(self, pipeline: Pipeline, path: str, headers: Mapping[str, str]) -> None:
        super().__init__(path, headers)
        self._pipeline = pipeline
        _, self._name, self._method = path.split("/")
        self._is_typed = TYPED in headers.get("accept", "")

    def check(self) -> None:
        """Refuse what comes while too much waits; what is wrong with a name is told in its answer."""
        self._pipeline.check_room()

    async def answered(self, body: Body) -> Answer:
        """Answer with text, or with typed values to who wants them."""
        request = decode_request(body)
        request.name, request.method = self._name, self._method
        if not self._is_typed:
            return Answer(encode_response(await self._pipeline.answer(request)), media_type="application/json")
        return _typed(await self._pipeline.outcome(request))

    def refuse(self, error: ServingKitError) -> Answer:
        """Answer as the gateway does where there is no answer of the pipeline."""
        return render_json(error) if self._is_typed else render_gateway(self.path, None, error)


def render_gateway(path: str, server: Server, error: ServingKitError) -> Answer:  # noqa: ARG001 - see `Tell`
    """Answer as the gateway does, or below `/v2` as the Open Inference Protocol says."""
    if path.startswith("/v2"):
        return render_json(error)
    body = encode_error(str(error), _CODES[error.kind])
    return Answer(body, HTTP_STATUS[error.kind], hint(error), "application/json")


def route_pipeline(
    pipeline: Pipeline,
    server: Server,  # noqa: ARG001 - see `RouteOn`
    path: str,
    headers: Mapping[str, str],
) -> Question | None:
    """Return the question that a POST to the pipeline's own name asks; None for what the application answers."""
    match path.split("/"):
        case ["", name, method] if name == (pipeline.name or name) and name not in ("", "v2") and method:
            return PipelineQuestion(pipeline, path, headers)
    return None


def _typed(outcome: ChannelData) -> Answer:
    if outcome.error:
        document = {"error": str(outcome.error), "err_no": outcome.error_code}
        return Answer(orjson.dumps(document), HTTP_STATUS[outcome.error.kind], hint(outcome.error), "application/json")
    values = plain_values(outcome.parse())
    if outcome.trace:
        values[KEY] = outcome.trace.text()
    return Answer(orjson.dumps({"values": values}), media_type=TYPED)
