"""`/GeneralModelService/inference`: Paddle Serving's HTTP interface, JSON or protobuf, answering as bRPC answers."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from serving_kit.codecs import brpc_code, general_json, general_message
from serving_kit.codecs.compression import Compression, compress
from serving_kit.codecs.general_message import FULL_SERVICE, METHODS, SERVICE
from serving_kit.errors import BadInput, NotFound, ServingKitError
from serving_kit.service.service import Service
from serving_kit.transports.http.answer import Answer
from serving_kit.transports.http.body import COMPRESS_FROM_BYTES
from serving_kit.transports.http.exchange import exchange
from serving_kit.transports.http.openapi import GENERAL_MODEL
from serving_kit.transports.http.question import Encode, ModelQuestion
from serving_kit.transports.http.status import Server, render_brpc
from serving_kit.types import Body, InferRequest, InferResponse

MESSAGE = "baidu.paddle_serving.predictor.general_model.Request"
JSON_TYPE = "application/json"
PROTOBUF_TYPES = ("application/proto", "application/x-protobuf")


class GeneralModelRoutes:
    """Both methods of the service, under its short and its full name; what follows them in a path is passed over."""

    def __init__(self, service: Service, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(tags=["Paddle Serving"])
        for name in (SERVICE, FULL_SERVICE):
            shown = name == SERVICE
            path = f"/{name}/{{method}}"
            for verb in ("POST", "PUT"):
                self.router.add_api_route(
                    path,
                    self.infer,
                    methods=[verb],
                    response_model=None,
                    include_in_schema=shown and verb == "POST",
                    openapi_extra=GENERAL_MODEL,
                )
            self.router.add_api_route(
                f"{path}/{{rest:path}}",
                self.infer,
                methods=["POST", "PUT"],
                response_model=None,
                include_in_schema=False,
            )

    async def infer(self, request: Request) -> Response:
        """Run all models of the server, as its workflow says, on one `Request`."""
        method, server = request.path_params["method"], request.scope.get("server")
        question = GeneralModelQuestion(self._service, request.url.path, request.headers, method, server)
        return await exchange(request, question, self._max_body_bytes)


class GeneralModelQuestion(ModelQuestion):
    """A `Request` as JSON or protobuf, by the content type, which is the answer's too."""

    def __init__(self, service: Service, path: str, headers: Mapping[str, str], method: str, server: Server) -> None:
        super().__init__(service, path, headers)
        self._method = method
        self._server = server
        content_type = headers.get("content-type", "")
        self._is_protobuf = _is_protobuf(content_type)
        self._headers = {"content-type": content_type} if content_type else {}
        self._takes_gzip = "gzip" in headers.get("accept-encoding", "")
        self._encode = general_message.encode_response if self._is_protobuf else general_json.encode_response

    def check(self) -> None:
        """Refuse a method that there is not."""
        if self._method not in METHODS:
            raise NotFound(f"Fail to find method on `{self.path}'; this service has {' and '.join(METHODS)}")

    @property
    def model_name(self) -> None:
        """The server's workflow."""
        return

    def decode(self, body: Body) -> tuple[str | None, InferRequest, Encode]:
        """Read a request to the server's workflow."""
        if self._is_protobuf:
            return None, general_message.decode_request(body), self._written
        try:
            return None, general_json.decode_request(body), self._written
        except BadInput as error:
            raise BadInput(f"Fail to parse http body as {MESSAGE}, Invalid json format: {error}") from None

    def refuse(self, error: ServingKitError) -> Answer:
        """Answer as bRPC does; a client that accepts JSON or protobuf by name gets `err_no` and `err_msg` in it."""
        answer = render_brpc(self._server, error)
        wanted = self.headers.get("accept", "").split(",")[0].split(";")[0].strip().lower()
        if wanted == JSON_TYPE or wanted in PROTOBUF_TYPES:
            told = InferResponse((), err_no=brpc_code.code_of(error.kind), err_msg=str(error))
            codec = general_message if _is_protobuf(wanted) else general_json
            return Answer(codec.encode_response(told), answer.status, {"content-type": wanted, **answer.headers})
        return answer

    def _written(self, response: InferResponse) -> Answer:
        body = self._encode(response)
        if self._takes_gzip and len(body) >= COMPRESS_FROM_BYTES:
            packed = compress(body, Compression.GZIP)
            return Answer(packed, headers={**self._headers, "content-encoding": "gzip"})
        return Answer(body, headers=self._headers)


def _is_protobuf(content_type: str) -> bool:
    """Tell protobuf, by bRPC's two names of it; every other content type, and none, is JSON."""
    return content_type.split(";", maxsplit=1)[0].strip().lower() in PROTOBUF_TYPES
