"""`HttpClient` with Paddle Serving's own names, arguments and return shapes, for scripts that exist."""
# ruff: noqa: ARG002 - the arguments are Paddle Serving's, whether they mean anything here or not

from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
from google.protobuf.message import DecodeError
from tenacity import Retrying

from serving_kit.clients.config import ClientConfig
from serving_kit.clients.connection import Ask, Connection
from serving_kit.clients.deadline import Deadline
from serving_kit.clients.feed import as_json, by_alias, size_bytes, tensor_fields
from serving_kit.clients.general_grpc import GeneralGrpc
from serving_kit.clients.notice import say
from serving_kit.clients.retry import policy
from serving_kit.codecs.compression import Compression, compress
from serving_kit.codecs.general_model_service_pb2 import Request, Response, Tensor
from serving_kit.errors import Internal, ServingKitError, Unsupported

T = TypeVar("T")
_COMPRESS_ABOVE_BYTES = 512
_PROTO = "application/proto"


class HttpClient:
    """Paddle Serving 0.9's `HttpClient`: `predict` returns the response, or prints why not and returns None.

    The response is a protobuf message (`Response` of general_model_service.proto), over HTTP or, after
    `set_use_grpc_client(True)`, gRPC; after `set_http_proto(False)` it is JSON and a dict. What differs from 0.9: all
    element types are carried, https certificates are verified, feeds are not changed, retries work, and each call
    alone decides whether it is compressed.
    """

    def __init__(
        self, ip: str = "127.0.0.1", port: str = "9393", service_name: str = "/GeneralModelService/inference"
    ) -> None:
        self.ip = ip
        self.port = str(port)
        self.service_name = service_name
        self.timeout_ms = 20000
        self.max_retries = 0
        self.max_body_size = 512 << 20
        self.http_proto = True
        self.use_grpc_client = False
        self.try_request_gzip = False
        self.try_response_gzip = False
        self.headers: dict[str, str] = {}
        self._scheme = "http"
        self._key = b""
        self._config = ClientConfig()
        self._connection: Connection | None = None
        self._grpc: GeneralGrpc | None = None

    def load_client_config(self, model_config_path_list: str | list[str]) -> None:
        """Read `serving_client_conf.prototxt` by file or folder; of a list, feeds of the first, fetches of the last."""
        self._config = ClientConfig.read(model_config_path_list)

    def connect(self, url: str | list[str] | tuple[str, ...] | None = None, encryption: bool = False) -> None:
        """Set the one server, `ip:port` with a dotted IPv4 address and, where wanted, http:// or https:// before it."""
        if isinstance(url, (list, tuple)):
            if len(url) != 1:
                raise ValueError("HttpClient only support 1 endpoint")
            url = url[0]
        if url is not None:
            self._scheme, address = ("https", url[8:]) if url.startswith("https://") else ("http", url)
            self.ip, self.port = _ip_and_port(address.removeprefix("http://"))
        if encryption:
            raise Unsupported("encrypted models are not served by this version; connect without encryption")
        self.close()

    def set_timeout_ms(self, timeout_ms: int) -> None:
        """Set how long a whole call may take, in milliseconds (20000)."""
        self.timeout_ms = _int("timeout_ms", timeout_ms)
        self.close()

    def set_max_retries(self, retry_times: int = 3) -> None:
        """Set how often a call is tried again where no server listened or it answered 503."""
        self.max_retries = _int("retry_times", retry_times)
        self.close()

    def set_service_name(self, service_name: str) -> None:
        """Set the path that is asked."""
        self.service_name = service_name

    def set_max_body_size(self, max_body_size: int) -> None:
        """Set the largest gRPC message in bytes (512 MiB); HTTP has no limit of its own."""
        self.max_body_size = max_body_size
        self.close()

    def add_http_headers(self, headers: dict[str, str]) -> None:
        """Add headers to every request."""
        if isinstance(headers, dict):
            self.headers.update(headers)
        else:
            say("headers must be a dict")

    def set_request_compress(self, try_request_gzip: bool) -> None:
        """Set whether requests of more than 512 bytes of data are sent with gzip."""
        self.try_request_gzip = try_request_gzip

    def set_response_compress(self, try_response_gzip: bool) -> None:
        """Set whether the server is asked to compress what it answers."""
        self.try_response_gzip = try_response_gzip

    def set_http_proto(self, http_proto: bool) -> None:
        """Set whether bodies are protobuf (True, which they are at first) or JSON (False)."""
        self.http_proto = http_proto

    def set_use_grpc_client(self, use_grpc_client: bool) -> None:
        """Set whether `predict` asks by gRPC; it needs grpcio: `pip install serving-kit[client]`."""
        self.use_grpc_client = use_grpc_client

    def use_key(self, key_filename: str) -> None:
        """Read the key of an encrypted model."""
        self._key = Path(key_filename).read_bytes()

    def get_feed_names(self) -> list[str]:
        """Return the aliases of the inputs."""
        return self._config.feed_names

    def get_fetch_names(self) -> list[str]:
        """Return the aliases of the outputs."""
        return self._config.fetch_names

    def predict(
        self, feed: Any = None, fetch: Any = None, batch: bool = False, need_variant_tag: bool = False, log_id: int = 0
    ) -> Any:
        """Ask by HTTP, or by gRPC where that is set; see `http_client_predict`."""
        ask = self.grpc_client_predict if self.use_grpc_client else self.http_client_predict
        return ask(feed, fetch, batch, need_variant_tag, log_id)

    def http_client_predict(
        self, feed: Any = None, fetch: Any = None, batch: bool = False, need_variant_tag: bool = False, log_id: int = 0
    ) -> Any:
        """Return the server's response, a protobuf message or a dict; None (and a printed line) where there is none.

        `feed` is a dict by alias (with `<alias>.lod` where needed), a list of one such, or plain values; `fetch` is an
        alias or several, and those the model does not have are left out. With `batch` the feed has its batch axis.
        ValueError names a feed that is unknown or of the wrong type. `need_variant_tag` has no meaning over HTTP.
        """
        if feed is None:
            raise ValueError("You should specify feed for prediction")
        ask = self._ask(self._tensors(feed, batch), self._config.known_fetch(fetch), int(log_id))
        connection = self._connected()
        return self._told("http post error", lambda deadline: _response(connection.send(ask, deadline)))

    def grpc_client_predict(
        self, feed: Any = None, fetch: Any = None, batch: bool = False, need_variant_tag: bool = False, log_id: int = 0
    ) -> Any:
        """Return the server's response as a protobuf message; takes what `http_client_predict` takes."""
        if feed is None:
            raise ValueError("You should specify feed for prediction")
        request = _message(self._tensors(feed, batch), self._config.known_fetch(fetch), int(log_id))
        if self._grpc is None:
            self._grpc = GeneralGrpc(self.ip, int(self.port), self.max_body_size)
        grpc = self._grpc
        return self._told("grpc error", lambda deadline: grpc.infer(request, deadline))

    def close(self) -> None:
        """Close the connections; the next call opens another."""
        for connection in (self._connection, self._grpc):
            if connection is not None:
                connection.close()
        self._connection = self._grpc = None

    def __del__(self) -> None:
        self.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = Connection(f"{self._scheme}://{self.ip}:{self.port}")
        return self._connection

    def _told(self, what: str, attempt: Callable[[Deadline], T]) -> T | None:
        deadline = Deadline.after(self.timeout_ms / 1000)
        try:
            return Retrying(**policy(self.max_retries, deadline))(attempt, deadline)
        except ServingKitError as error:
            say(f"{what}: {error}")
            return None

    def _tensors(self, feed: Any, batch: bool) -> list[dict[str, object]]:
        feeds = by_alias(feed, self._config.feeds)
        specs = {spec.alias: spec for spec in self._config.feeds}
        return [tensor_fields(specs[key], feeds, batch=batch) for key in feeds if ".lod" not in key]

    def _ask(self, tensors: list[dict[str, object]], fetch: list[str], log_id: int) -> Ask:
        headers = {"Content-Type": _PROTO if self.http_proto else "application/json", "Accept-Encoding": "identity"}
        headers |= self.headers
        if self.try_response_gzip:
            headers["Accept-Encoding"] = "gzip"
        if self.http_proto:
            body = _message(tensors, fetch, log_id).SerializeToString()
        else:
            body = orjson.dumps({"fetch_var_names": fetch, "log_id": log_id, "tensor": [as_json(t) for t in tensors]})
        if self.try_request_gzip and sum(map(size_bytes, tensors)) > _COMPRESS_ABOVE_BYTES:
            headers["Content-Encoding"] = "gzip"
            body = compress(body, Compression.GZIP)
        return Ask("POST", self.service_name, body, headers)


def _message(tensors: list[dict[str, Any]], fetch: list[str], log_id: int) -> Request:
    return Request(tensor=[Tensor(**fields) for fields in tensors], fetch_var_names=fetch, log_id=log_id)


def _response(answer: httpx.Response) -> Response | dict[str, Any]:
    if answer.headers.get("content-type", "").startswith((_PROTO, "application/x-protobuf")):
        try:
            return Response.FromString(answer.content)
        except DecodeError:
            raise Internal(f"{answer.url} sent {len(answer.content)} bytes that are no Response") from None
    try:
        document = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise Internal(f"{answer.url} sent an answer that is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise Internal(f"{answer.url} sent an answer that is no JSON object")
    return document


def _ip_and_port(address: str) -> tuple[str, str]:
    ip, _, port = address.partition(":")
    try:
        IPv4Address(ip)
    except AddressValueError:
        port = ""
    if not port.isdecimal():
        raise ValueError("url not right, it should be like 127.0.0.1:9393 or http://127.0.0.1:9393")
    return ip, port


def _int(name: str, value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{name} must be int type.")
    return value
