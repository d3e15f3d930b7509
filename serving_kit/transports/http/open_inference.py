"""Open Inference Protocol v2: `/v2`, as Triton's and KServe's clients speak it."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from serving_kit.codecs.compression import Compression, compress
from serving_kit.codecs.json_array import parse_object
from serving_kit.codecs.open_inference import decode_request, encode_response
from serving_kit.errors import BadInput
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.transports import open_inference as documents
from serving_kit.transports.http import openapi
from serving_kit.transports.http.body import COMPRESS_FROM_BYTES, read_body, while_connected
from serving_kit.transports.http.status import Handler, answering, render_json

HEADER_LENGTH = "Inference-Header-Content-Length"


class OpenInferenceRoutes:
    """Health, metadata, configuration, statistics, inference and the repository; errors are `{"error": text}`."""

    def __init__(self, service: Service, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(prefix="/v2", tags=["Open Inference Protocol v2"])
        self.infer_handler = answering(self.infer, render_json)
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
            answering(handler, render_json),
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
        model = self._model(request)
        length = request.headers.get(HEADER_LENGTH)
        if length is not None and not (length.isascii() and length.isdigit() and len(length) < 16):
            raise BadInput(f"{HEADER_LENGTH} must be a number of bytes, got {length[:40]!r}")
        body = await read_body(request, self._max_body_bytes)
        decoded = decode_request(body, None if length is None else int(length))
        answer = await while_connected(request, self._service.infer(model.name, decoded.infer))
        content, header_length = encode_response(
            model.name,
            documents.outputs_of(decoded.infer, answer),
            request_id=decoded.request_id,
            is_binary=decoded.is_binary,
        )
        headers = {} if header_length is None else {HEADER_LENGTH: str(header_length)}
        content_type = "application/json" if header_length is None else "application/octet-stream"
        return _packed(request, content, headers, content_type)

    async def _fields(self, request: Request) -> dict[str, Any]:
        body = await read_body(request, self._max_body_bytes)
        return parse_object(body) if body else {}

    def _model(self, request: Request) -> ServedModel:
        return documents.find_model(self._service, request.path_params["model"], request.path_params.get("version"))


def _packed(request: Request, content: bytes, headers: dict[str, str], content_type: str) -> Response:
    """Compress an answer where the client asks for it, as Triton does, and where there is something to gain."""
    accepted = request.headers.get("accept-encoding", "").lower()
    if len(content) < COMPRESS_FROM_BYTES:
        accepted = ""
    if "gzip" in accepted:
        headers["content-encoding"], content = "gzip", compress(content, Compression.GZIP)
    elif "deflate" in accepted:
        headers["content-encoding"], content = "deflate", compress(content, Compression.ZLIB)
    return Response(content, headers=headers, media_type=content_type)


def _json(document: object, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
