"""`HttpClient` with Paddle Serving's own names, arguments and return shapes, for scripts that exist."""
# ruff: noqa: ARG002 - the arguments are Paddle Serving's, whether they mean anything here or not

import gzip
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Any

import orjson

from serving_kit.clients.connection import Connection
from serving_kit.clients.feed import DATA_KEYS, by_alias, tensor_json
from serving_kit.codecs import prototxt
from serving_kit.errors import ServingKitError, Unsupported
from serving_kit.types import TensorSpec

_COMPRESS_ABOVE_BYTES = 512


class HttpClient:
    """Paddle Serving 0.9's `HttpClient`: `predict` returns the response as a dict, or prints why not and returns None.

    It is switched to JSON by `set_http_proto(False)`; without it, and with `set_use_grpc_client(True)`, `predict`
    raises Unsupported, for the answer would be a protobuf message that this version does not speak. What differs from
    0.9: https certificates are verified, feeds are not changed, and each call alone decides whether it is compressed.
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
        self._feeds: tuple[TensorSpec, ...] = ()
        self._fetches: tuple[TensorSpec, ...] = ()
        self._connection: Connection | None = None

    def load_client_config(self, model_config_path_list: str | list[str]) -> None:
        """Read `serving_client_conf.prototxt` by file or folder; of a list, feeds of the first, fetches of the last."""
        paths = [model_config_path_list] if isinstance(model_config_path_list, str) else model_config_path_list
        files = [path / prototxt.CLIENT_CONF if path.is_dir() else path for path in map(Path, paths)]
        self._feeds, _ = prototxt.read(files[0])
        _, self._fetches = prototxt.read(files[-1])

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
        """Set the largest gRPC message in bytes; HTTP has no limit of its own."""
        self.max_body_size = max_body_size

    def add_http_headers(self, headers: dict[str, str]) -> None:
        """Add headers to every request."""
        if isinstance(headers, dict):
            self.headers.update(headers)
        else:
            _say("headers must be a dict")

    def set_request_compress(self, try_request_gzip: bool) -> None:
        """Set whether requests of more than 512 bytes of data are sent with gzip."""
        self.try_request_gzip = try_request_gzip

    def set_response_compress(self, try_response_gzip: bool) -> None:
        """Set whether the server is asked to compress what it answers."""
        self.try_response_gzip = try_response_gzip

    def set_http_proto(self, http_proto: bool) -> None:
        """Set whether bodies are protobuf (True, as in Paddle Serving, and refused here) or JSON (False)."""
        self.http_proto = http_proto

    def set_use_grpc_client(self, use_grpc_client: bool) -> None:
        """Set whether `predict` asks by gRPC, which is refused here."""
        self.use_grpc_client = use_grpc_client

    def use_key(self, key_filename: str) -> None:
        """Read the key of an encrypted model."""
        self._key = Path(key_filename).read_bytes()

    def get_feed_names(self) -> list[str]:
        """Return the aliases of the inputs."""
        return [spec.alias for spec in self._feeds]

    def get_fetch_names(self) -> list[str]:
        """Return the aliases of the outputs."""
        return [spec.alias for spec in self._fetches]

    def predict(
        self, feed: Any = None, fetch: Any = None, batch: bool = False, need_variant_tag: bool = False, log_id: int = 0
    ) -> dict[str, Any] | None:
        """Ask by HTTP, or by gRPC where that is set; see `http_client_predict`."""
        ask = self.grpc_client_predict if self.use_grpc_client else self.http_client_predict
        return ask(feed, fetch, batch, need_variant_tag, log_id)

    def http_client_predict(
        self, feed: Any = None, fetch: Any = None, batch: bool = False, need_variant_tag: bool = False, log_id: int = 0
    ) -> dict[str, Any] | None:
        """Return the server's JSON response as a dict, None (and a printed line) where there is none.

        `feed` is a dict by alias (with `<alias>.lod` where needed), a list of one such, or plain values; `fetch` is an
        alias or several, and those the model does not have are left out. With `batch` the feed has its batch axis.
        ValueError names a feed that is unknown or of the wrong type. `need_variant_tag` has no meaning over HTTP.
        """
        if self.http_proto:
            raise Unsupported("protobuf bodies are not spoken by this version; call set_http_proto(False) for JSON")
        body, headers = self._request(feed, fetch, batch, log_id)
        try:
            response = self._connected().send("POST", self.service_name, content=body, headers=headers)
            answer = orjson.loads(response.content)
            if isinstance(answer, dict):
                return answer
            _say("http post error: the answer is no JSON object")
        except (ServingKitError, orjson.JSONDecodeError) as error:
            _say(f"http post error: {error}")
        return None

    def grpc_client_predict(
        self, feed: Any = None, fetch: Any = None, batch: bool = False, need_variant_tag: bool = False, log_id: int = 0
    ) -> dict[str, Any] | None:
        """Raise Unsupported: gRPC is not spoken by this version."""
        raise Unsupported(
            "gRPC is not spoken by this version; call set_use_grpc_client(False) and set_http_proto(False)"
        )

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __del__(self) -> None:
        self.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            url = f"{self._scheme}://{self.ip}:{self.port}"
            self._connection = Connection(url, timeout_s=self.timeout_ms / 1000, retries=self.max_retries)
        return self._connection

    def _request(self, feed: Any, fetch: Any, batch: bool, log_id: int) -> tuple[bytes, dict[str, str]]:
        if feed is None:
            raise ValueError("You should specify feed for prediction")
        feeds = by_alias(feed, self._feeds)
        specs = {spec.alias: spec for spec in self._feeds}
        tensors = [tensor_json(specs[key], feeds, batch=batch) for key in feeds if ".lod" not in key]
        request = {"fetch_var_names": self._legal_fetch(fetch), "log_id": int(log_id), "tensor": tensors}
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"} | self.headers
        if self.try_response_gzip:
            headers["Accept-Encoding"] = "gzip"
        body = orjson.dumps(request)
        if self.try_request_gzip and sum(map(_size_bytes, tensors)) > _COMPRESS_ABOVE_BYTES:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=1)
        return body, headers

    def _legal_fetch(self, fetch: Any) -> list[str]:
        if fetch is not None and not isinstance(fetch, (str, list, tuple)):
            raise ValueError(f"fetch must be a str, list or tuple of str, not {type(fetch).__name__}")
        wanted = [fetch] if isinstance(fetch, str) else fetch or []
        known = self.get_fetch_names()
        return [alias for alias in wanted if alias in known]


def _ip_and_port(address: str) -> tuple[str, str]:
    ip, _, port = address.partition(":")
    try:
        IPv4Address(ip)
    except AddressValueError:
        port = ""
    if not port.isdecimal():
        raise ValueError("url not right, it should be like 127.0.0.1:9393 or http://127.0.0.1:9393")
    return ip, port


def _size_bytes(tensor: dict[str, Any]) -> int:
    values = next(tensor[key] for key in DATA_KEYS.values() if key in tensor)
    return sum(len(value) if isinstance(value, str) else 4 for value in values)


def _int(name: str, value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{name} must be int type.")
    return value


def _say(text: str) -> None:
    # Callers of Paddle Serving's client look for its reason on standard output.
    print(text)  # noqa: T201
