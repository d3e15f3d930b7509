"""`/GeneralModelService/inference`: Paddle Serving's own HTTP interface, answering as bRPC answers."""

import gzip

from fastapi import APIRouter, Request, Response

from serving_kit.codecs import general_json
from serving_kit.errors import BadInput, NotFound
from serving_kit.service.service import Service
from serving_kit.transports.http.body import read_body, while_connected
from serving_kit.transports.http.status import answering, render_brpc

SERVICE = "GeneralModelService"
FULL_SERVICE = f"baidu.paddle_serving.predictor.general_model.{SERVICE}"
MESSAGE = "baidu.paddle_serving.predictor.general_model.Request"
METHODS = ("inference", "debug")
PROTOBUF_TYPES = ("application/proto", "application/x-protobuf")
COMPRESS_FROM_BYTES = 512  # bRPC's flag http_body_compress_threshold


class GeneralModelRoutes:
    """Both methods of the service, under its short and its full name; what follows them in a path is passed over."""

    def __init__(self, service: Service, max_body_bytes: int) -> None:
        self._service = service
        self._max_body_bytes = max_body_bytes
        self.router = APIRouter(tags=["Paddle Serving"])
        handler = answering(self.infer, render_brpc)
        for name in (SERVICE, FULL_SERVICE):
            for path in (f"/{name}/{{method}}", f"/{name}/{{method}}/{{rest:path}}"):
                self.router.add_api_route(path, handler, methods=["POST", "PUT"], response_model=None)

    async def infer(self, request: Request) -> Response:
        """Run all models of the server in sequence on one `Request`."""
        if request.path_params["method"] not in METHODS:
            raise NotFound(f"Fail to find method on `{request.url.path}'; this service has {' and '.join(METHODS)}")
        content_type = request.headers.get("content-type")
        if content_type and content_type.split(";")[0].strip().lower() in PROTOBUF_TYPES:
            raise BadInput(f"this server reads JSON, not {content_type}; send the same message as JSON")
        body = await read_body(request, self._max_body_bytes)
        try:
            decoded = general_json.decode_request(body)
        except BadInput as error:
            raise BadInput(f"Fail to parse http body as {MESSAGE}, Invalid json format: {error}") from None
        answer = await while_connected(request, self._service.infer(None, decoded))
        return _written(request, general_json.encode_response(answer), content_type)


def _written(request: Request, body: bytes, content_type: str | None) -> Response:
    headers = {"content-type": content_type} if content_type else {}
    if len(body) >= COMPRESS_FROM_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["content-encoding"] = "gzip"
    return Response(body, headers=headers)
