"""Open Inference Protocol v2: `/v2`, as Triton's and KServe's clients speak it."""

from collections.abc import Sequence

import orjson
from fastapi import APIRouter, Request, Response

from serving_kit import __version__
from serving_kit.codecs.open_inference import DATATYPES, decode_request, encode_response
from serving_kit.errors import BadInput, NotFound
from serving_kit.service.model import ServedModel
from serving_kit.service.service import Service
from serving_kit.transports.http.body import read_body, while_connected
from serving_kit.transports.http.status import answering, render_json
from serving_kit.types import TensorSpec

HEADER_LENGTH = "Inference-Header-Content-Length"
MODEL_VERSION = "1"  # models have one version here; it is accepted in paths because clients send it


class OpenInferenceRoutes:
    """Health, metadata and inference; errors are `{"error": text}`."""

    def __init__(self, service: Service, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(prefix="/v2", tags=["Open Inference Protocol v2"])
        get = {
            "": self.server,
            "/health/live": self.live,
            "/health/ready": self.ready,
            "/models": self.models,
            "/models/{model}": self.model,
            "/models/{model}/ready": self.model_ready,
            "/models/{model}/versions/{version}": self.model,
            "/models/{model}/versions/{version}/ready": self.model_ready,
        }
        for path, handler in get.items():
            self.router.add_api_route(path, answering(handler, render_json), methods=["GET"], response_model=None)
        infer = answering(self.infer, render_json)
        for path in ("/models/{model}/infer", "/models/{model}/versions/{version}/infer"):
            self.router.add_api_route(path, infer, methods=["POST"], response_model=None)

    async def server(self, _: Request) -> Response:
        """Say what this server is."""
        return _json({"name": "serving-kit", "version": __version__, "extensions": ["binary_tensor_data"]})

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
        model = self._model(request)
        own = ("name", "platform", "inputs", "outputs")
        return _json(
            {
                "name": model.name,
                "versions": [MODEL_VERSION],
                "platform": model.metadata.get("platform", ""),
                "inputs": _described(model.inputs),
                "outputs": _described(model.outputs),
                "parameters": {key: value for key, value in model.metadata.items() if key not in own},
            }
        )

    async def model_ready(self, request: Request) -> Response:
        """Answer 200 where this model may be asked, 503 while the server drains."""
        name = self._model(request).name
        is_ready = self._service.is_ready
        return _json({"name": name, "ready": is_ready}, 200 if is_ready else 503)

    async def infer(self, request: Request) -> Response:
        """Run one model on JSON or binary tensors, answered as asked."""
        model = self._model(request)
        length = request.headers.get(HEADER_LENGTH)
        if length is not None and not (length.isascii() and length.isdigit() and len(length) < 16):
            raise BadInput(f"{HEADER_LENGTH} must be a number of bytes, got {length[:40]!r}")
        body = await read_body(request, self._max_body_bytes)
        decoded = decode_request(body, None if length is None else int(length))
        answer = await while_connected(request, self._service.infer(model.name, decoded.infer))
        labels = decoded.infer.fetch or [named.alias for named in answer.outputs]
        outputs = {label: named.tensor for label, named in zip(labels, answer.outputs, strict=True)}
        content, header_length = encode_response(
            model.name, outputs, request_id=decoded.request_id, is_binary=decoded.is_binary
        )
        if header_length is None:
            return Response(content, media_type="application/json")
        return Response(content, headers={HEADER_LENGTH: str(header_length)}, media_type="application/octet-stream")

    def _model(self, request: Request) -> ServedModel:
        name, version = request.path_params["model"], request.path_params.get("version", MODEL_VERSION)
        if version != MODEL_VERSION:
            raise NotFound(f"model {name!r} has version {MODEL_VERSION} only, not {version!r}")
        return self._service.model(name)


def _described(specs: Sequence[TensorSpec]) -> list[dict[str, object]]:
    return [
        {
            "name": spec.alias,
            "datatype": DATATYPES.get(spec.element_type, spec.element_type.name),
            "shape": spec.shape,
            "parameters": {"variable": spec.name, "lod": spec.is_lod},
        }
        for spec in specs
    ]


def _json(document: object, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status, media_type="application/json")
