"""Open Inference Protocol v2: `/v2`, as Triton's and KServe's clients speak it."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from serving_kit.codecs.json_array import parse_object
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.transports import open_inference as documents
from serving_kit.transports.http import openapi
from serving_kit.transports.http.body import read_body
from serving_kit.transports.http.exchange import exchange
from serving_kit.transports.http.open_inference_question import OpenInferenceQuestion
from serving_kit.transports.http.status import Handler, answering


class OpenInferenceRoutes:
    """Health, metadata, configuration, statistics, inference and the repository; errors are `{"error": text}`."""

    def __init__(self, service: Service, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(prefix="/v2", tags=["Open Inference Protocol v2"])
        self._route("GET", "", self.server, openapi.oip("Say what this server is"))
        self._route("GET", "/health/live", self.live, openapi.oip("Answer as long as the process does"))
        self._route("GET", "/health/ready", self.ready, openapi.oip("Tell whether requests are welcome"))
        self._route("GET", "/models", self.models, openapi.oip("List the models that are ready"))
        self._route("GET", "/models/stats", self.all_statistics, openapi.oip("Count what all models have done"))
        for path in ("/models/{model}", "/models/{model}/versions/{version}"):
            self._route("GET", path, self.model, openapi.oip("Describe a model"))
            self._route("GET", f"{path}/ready", self.model_ready, openapi.oip("Tell whether a model may be asked"))
            self._route("GET", f"{path}/config", self.config, openapi.oip("Describe a model as Triton does"))
            self._route("GET", f"{path}/stats", self.statistics, openapi.oip("Count what a model has done"))
            self._route("POST", f"{path}/infer", self.infer, openapi.OIP_INFER)
        repository = "/repository/models/{model}"
        self._route("POST", "/repository/index", self.index, openapi.oip("List all models", {"type": "array"}))
        self._route("POST", f"{repository}/load", self.load, openapi.oip("Load a model from its directory", {}))
        self._route("POST", f"{repository}/unload", self.unload, openapi.oip("Take a model out of service", {}))

    def _route(self, verb: str, path: str, handler: Handler, described: openapi.Document) -> None:
        self.router.add_api_route(
            path,
            answering(handler),
            methods=[verb],
            response_model=None,
            openapi_extra=openapi.with_path(described, path),
        )

    async def server(self, _: Request) -> Response:
        """Say what this server is."""
        return _json(documents.SERVER)

    async def live(self, _: Request) -> Response:
        """Answer as long as the process does."""
        return _json({"live": True})

    async def ready(self, _: Request) -> Response:
        """Answer 200 where requests are welcome, 503 while the server drains."""
        return _json({"ready": self._service.is_ready}, 200 if self._service.is_ready else 503)

    async def models(self, _: Request) -> Response:
        """List the names of the models served."""
        return _json({"models": [model.name for model in self._service.models]})

    async def model(self, request: Request) -> Response:
        """Describe a model; what the protocol has no field for stands under `parameters`."""
        return _json(documents.metadata(self._model(request)))

    async def model_ready(self, request: Request) -> Response:
        """Answer 200 where this model may be asked, 503 while the server drains."""
        name = self._model(request).name
        is_ready = self._service.is_ready
        return _json({"name": name, "ready": is_ready}, 200 if is_ready else 503)

    async def config(self, request: Request) -> Response:
        """Describe a model as Triton's model configuration."""
        return _json(documents.config(self._model(request)))

    async def statistics(self, request: Request) -> Response:
        """Count what a model has done since it was loaded."""
        return _json(documents.statistics([self._model(request)]))

    async def all_statistics(self, _: Request) -> Response:
        """Count what every model has done since it was loaded."""
        return _json(documents.statistics(self._service.models))

    async def index(self, request: Request) -> Response:
        """List the models of the repository with their states, `{"ready": true}` only those that are ready."""
        fields = await self._fields(request)
        return _json(documents.index(self._service, ready_only=fields.get("ready") is True))

    async def load(self, request: Request) -> Response:
        """Load a model from the directory it was started with, also where it is loaded already."""
        fields = await self._fields(request)
        parameters = fields.get("parameters")
        for name in parameters if isinstance(parameters, dict) else ():
            documents.refuse_override(name)
        await self._service.repository.load(request.path_params["model"])
        return _json({})

    async def unload(self, request: Request) -> Response:
        """Take a model out of service once it has answered what it accepted."""
        await self._fields(request)
        await self._service.repository.unload(request.path_params["model"])
        return _json({})

    async def infer(self, request: Request) -> Response:
        """Run one model on JSON or binary tensors, answered as asked."""
        model, version = request.path_params["model"], request.path_params.get("version")
        question = OpenInferenceQuestion(self._service, request.url.path, request.headers, model, version)
        return await exchange(request, question, self._max_body_bytes)

    async def _fields(self, request: Request) -> dict[str, Any]:
        body = await read_body(request, self._max_body_bytes)
        return parse_object(body) if body else {}

    def _model(self, request: Request) -> ServedModel:
        return documents.find_model(self._service, request.path_params["model"], request.path_params.get("version"))


def _json(document: object, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
