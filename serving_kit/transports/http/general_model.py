"""`/GeneralModelService/inference`: Paddle Serving's HTTP interface, JSON or protobuf, answering as bRPC answers."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from serving_kit.codecs import brpc_code, general_json, general_message
from serving_kit.codecs.compression import Compression, compress
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, SERVICE
from serving_kit.errors import BadInput, NotFound, ServingKitError
from serving_kit.service.service import Service
from serving_kit.transports.http.body import COMPRESS_FROM_BYTES, read_body, while_connected
from serving_kit.transports.http.openapi import GENERAL_MODEL
from serving_kit.transports.http.status import answering, render_brpc, status_of
from serving_kit.types import InferRequest, InferResponse

MESSAGE = "baidu.paddle_serving.predictor.general_model.Request"
JSON_TYPE = "application/json"
PROTOBUF_TYPES = ("application/proto", "application/x-protobuf")


class GeneralModelRoutes:
    """Both methods of the service, under its short and its full name; what follows them in a path is passed over."""

    def __init__(self, service: Service, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(tags=["Paddle Serving"])
        self.handler = answering(self.infer, _render)
        for name in (SERVICE, FULL_SERVICE):
            shown = name == SERVICE
            path = f"/{name}/{{method}}"
            for verb in ("POST", "PUT"):
                self.router.add_api_route(
                    path,
                    self.handler,
                    methods=[verb],
                    response_model=None,
                    include_in_schema=shown and verb == "POST",
                    openapi_extra=GENERAL_MODEL,
                )
            self.router.add_api_route(
                f"{path}/{{rest:path}}",
                self.handler,
                methods=["POST", "PUT"],
                response_model=None,
                include_in_schema=False,
            )

    async def infer(self, request: Request) -> Response:
        """Run all models of the server, as its workflow says, on one `Request`."""
        if request.path_params["method"] not in METHODS:
            raise NotFound(f"Fail to find method on `{request.url.path}'; this service has {' and '.join(METHODS)}")
        form = _Form.of(request.headers.get("content-type", ""))
        decoded = form.decode(await read_body(request, self._max_body_bytes))
        answer = await while_connected(request, self._service.infer(None, decoded))
        return _written(request, form.encode(answer), request.headers.get("content-type"))


@dataclass(frozen=True)
class _Form:
    """How a body is written: protobuf for bRPC's two names of it, JSON for every other content type and for none."""

    is_protobuf: bool

    @classmethod
    def of(cls, content_type: str) -> "_Form":
        return cls(content_type.split(";", maxsplit=1)[0].strip().lower() in PROTOBUF_TYPES)

    def decode(self, body: bytes) -> InferRequest:
        if self.is_protobuf:
            return general_message.decode_request(body)
        try:
            return general_json.decode_request(body)
        except BadInput as error:
            raise BadInput(f"Fail to parse http body as {MESSAGE}, Invalid json format: {error}") from None

    def encode(self, response: InferResponse) -> bytes:
        if self.is_protobuf:
            return general_message.encode_response(response)
        return general_json.encode_response(response)


def _written(request: Request, body: bytes, content_type: str | None) -> Response:
    headers = {"content-type": content_type} if content_type else {}
    if len(body) >= COMPRESS_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = compress(body, Compression.GZIP)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers)


def _render(request: Request, error: ServingKitError) -> Response:
    """Answer as bRPC does; a client that accepts JSON or protobuf by name gets `err_no` and `err_msg` in it."""
    answer = render_brpc(request, error)
    wanted = request.headers.get("accept", "").split(",")[0].split(";")[0].strip().lower()
    if wanted == JSON_TYPE or wanted in PROTOBUF_TYPES:
        told = InferResponse((), err_no=brpc_code.code_of(error.kind), err_msg=str(error))
        body = _Form.of(wanted).encode(told)
        headers = {"content-type": wanted, "x-bd-error-code": answer.headers["x-bd-error-code"]}
        return Response(body, status_of(error), headers)
    return answer
